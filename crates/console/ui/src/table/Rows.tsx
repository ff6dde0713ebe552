// The rows of the table: the band of a field, and a strand with its actions.

import { memo, useMemo } from 'react';
import { useMessages } from '../messages/messages';
import type { Field } from '../model/roadMap';
import type { Block, Row } from './blocks';
import { Cell } from './Cell';
import { useDesk } from './desk';
import { Present } from './Present';
import css from './Table.module.css';
import { Words } from './Words';

interface BandProps {
  readonly field: Field;
  readonly index: number;
  readonly span: number;
}

export const FieldBand = memo(function FieldBand({ field, index, span }: BandProps) {
  const { differences, gazes } = useDesk();
  const pieces = differences?.get(field.key);
  const present = gazes.get(field.key);
  return (
    <tr role="row" aria-rowindex={index} className={css.band}>
      <th role="columnheader" scope="colgroup" colSpan={span} id={`field-${field.letter}`}>
        {present !== undefined && <Present participants={present} />}
        <span className={css.letter}>{field.letter}.</span> {pieces ? <Words pieces={pieces} /> : field.title}
      </th>
    </tr>
  );
});

interface StrandProps {
  readonly block: Extract<Block, { readonly is: 'strand' }>;
  readonly span: number;
  /** Whether the keyboard enters the table here. */
  readonly isEntry: boolean;
}

export const StrandRows = memo(function StrandRows({ block, span, isEntry }: StrandProps) {
  const { say } = useMessages();
  const { rows, strand, isContinued } = block;
  const heading = <StrandHeading block={block} />;
  if (rows.length === 0) {
    return (
      <tr role="row">
        <th role="rowheader" scope="row" className={css.strand}>
          {heading}
        </th>
        <td role="gridcell" colSpan={span - 1} className={css.empty}>
          {say('table.noActions')}
        </td>
      </tr>
    );
  }
  return rows.map((row, at) => (
    <tr role="row" key={row.action.key} aria-rowindex={row.index}>
      {at === 0 && (
        <th
          role="rowheader"
          scope="rowgroup"
          rowSpan={rows.length}
          className={css.strand}
          aria-label={isContinued ? say('table.continued', { label: strand.label }) : undefined}
        >
          {heading}
        </th>
      )}
      <Cells row={row} isEntry={isEntry && at === 0} />
    </tr>
  ));
});

function StrandHeading({ block: { strand, isContinued } }: { readonly block: StrandProps['block'] }) {
  const { say } = useMessages();
  const { differences, gazes } = useDesk();
  const pieces = differences?.get(strand.key);
  const present = gazes.get(strand.key);
  if (isContinued) return <span className={css.source}>{say('table.continued', { label: strand.label })}</span>;
  return (
    <div className={css.heading}>
      {present !== undefined && <Present participants={present} />}
      <span className={css.label}>{strand.label}</span> {pieces ? <Words pieces={pieces} /> : strand.title}
      {strand.source !== null && <span className={css.source}> ({strand.source})</span>}
    </div>
  );
}

function Cells({ row, isEntry }: { readonly row: Row; readonly isEntry: boolean }) {
  const { action, cells } = row;
  const wording = useMemo(() => ({ key: action.key, action, column: undefined }), [action]);
  const text = useMemo(() => ({ __typename: 'TextContent', printed: action.text }) as const, [action.text]);
  const targets = useMemo(
    () => cells.map(({ cell, column }) => ({ key: cell.key, action, column })),
    [action, cells],
  );
  return (
    <>
      <Cell target={wording} content={text} span={1} isEntry={isEntry} />
      {cells.map(({ cell, span }, at) => {
        const target = targets[at];
        return span > 0 && target ? <Cell key={cell.key} target={target} content={cell.content} span={span} /> : null;
      })}
    </>
  );
}
