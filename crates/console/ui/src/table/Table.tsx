// The road map as the table that delegations know. It draws what is near the window and leaves the rest as space;
// on paper it draws everything.
// Invariant: whatever is drawn, each row says its place among all rows.

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useMessages } from '../messages/messages';
import type { Column, State } from '../model/roadMap';
import type { Block } from './blocks';
import { useDesk } from './desk';
import { FieldBand, StrandRows } from './Rows';
import { keysOf, neighbour, type Step, targetAt } from './walk';
import css from './Table.module.css';

interface Props {
  readonly state: State;
  readonly columns: readonly Column[];
  readonly blocks: readonly Block[];
  readonly caption: string;
  /** What to say in place of rows if there is none. */
  readonly whenEmpty: ReactNode;
  /** The key of a cell that is brought into the window whenever it is another one. */
  readonly follow?: string | undefined;
  /** The same, but the keyboard stays where it is. */
  readonly watch?: string | undefined;
}

/** How wide a column is beside the others. */
const WEIGHTS: Readonly<Record<Column['kind'], number>> = { TEXT: 22, DUE: 10, ACTORS: 13 };
const STRAND_WEIGHT = 18;
const ACTION_WEIGHT = 22;
const BAND_HEIGHT = 34;
const ROW_HEIGHT = 84;
/** For so many frames a cell that was scrolled to is waited for. */
const TRIES = 30;
/** So many blocks beyond the window are drawn, so that scrolling meets no blank. */
const OVERSCAN = 2;

const STEPS: Readonly<Record<string, Step>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Home: 'first',
  End: 'last',
};

export function Table({ state, columns, blocks, caption, whenEmpty, follow, watch }: Props) {
  const { say } = useMessages();
  const desk = useDesk();
  const table = useRef<HTMLTableElement>(null);
  const head = useRef<HTMLTableSectionElement>(null);
  const isPrinting = usePrinting();
  const [margin, setMargin] = useState(0);
  const virtual = useWindowVirtualizer({
    count: blocks.length,
    estimateSize: (at) => {
      const block = blocks[at];
      return block?.is === 'strand' ? Math.max(1, block.rows.length) * ROW_HEIGHT : BAND_HEIGHT;
    },
    getItemKey: (at) => blocks[at]?.key ?? at,
    overscan: OVERSCAN,
    scrollMargin: margin,
  });

  // What stands above the table comes and goes; its heading is sticky, so it is the table that tells where rows begin.
  // While it is scrolled nothing does, and to ask would have everything laid out once more in each frame.
  useLayoutEffect(() => {
    if (virtual.isScrolling || !table.current || !head.current) return;
    setMargin(Math.round(table.current.getBoundingClientRect().top + scrollY + head.current.offsetHeight));
  });

  const reach = (key: string, isFocused: boolean) => {
    const at = blocks.findIndex((block) => block.is === 'strand' && block.rows.some((row) => keysOf(row).includes(key)));
    if (at < 0) return;
    const find = () => table.current?.querySelector<HTMLElement>(`[data-target="${CSS.escape(key)}"]`);
    let tries = TRIES;
    // At once where it is drawn, so that the next key finds it; else once it is.
    const settle = () => {
      const cell = find();
      if (cell) {
        if (isFocused) cell.focus({ preventScroll: true });
        cell.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      } else if (tries > 0) {
        if (tries === TRIES) virtual.scrollToIndex(at, { align: 'center' });
        tries -= 1;
        requestAnimationFrame(settle);
      }
    };
    settle();
  };
  const focus = (key: string) => reach(key, true);

  // The address may name a cell that is far below: it is brought into the window once, when the page opens.
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current || margin === 0) return;
    opened.current = true;
    if (desk.selected !== undefined) focus(desk.selected);
  });

  useEffect(() => {
    if (follow !== undefined && opened.current) focus(follow);
  }, [follow]);

  useEffect(() => {
    if (watch !== undefined && opened.current) reach(watch, false);
  }, [watch]);

  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const element = event.target as HTMLElement;
    const from = element.dataset['target'];
    if (step === undefined || from === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = neighbour(blocks, from, step);
    const target = to === undefined ? undefined : targetAt(blocks, to);
    event.preventDefault();
    if (to === undefined || target === undefined) return;
    desk.select(target);
    focus(to);
  };

  const items = isPrinting ? undefined : virtual.getVirtualItems();
  const first = items?.[0];
  const last = items?.at(-1);
  const above = first ? Math.max(0, first.start - margin) : 0;
  const below = last ? Math.max(0, virtual.getTotalSize() - (last.end - margin)) : 0;
  const drawn = items ? items.map(({ index }) => index) : blocks.map((_, at) => at);
  const weights = columns.map(({ kind }) => WEIGHTS[kind]);
  const total = STRAND_WEIGHT + ACTION_WEIGHT + weights.reduce((sum, weight) => sum + weight, 0);
  const width = (weight: number): CSSProperties => ({ width: `${((100 * weight) / total).toFixed(3)}%` });
  const lastBlock = blocks.findLast((block) => block.is === 'strand');
  const rowCount = lastBlock?.is === 'strand' ? (lastBlock.rows.at(-1)?.index ?? 1) : 1;
  const footnotes = state.columns.filter(({ footnote }) => footnote !== null);
  const isNothingSelected = desk.selected === undefined;

  return (
    <table
      ref={table}
      role="grid"
      className={css.table}
      aria-rowcount={rowCount}
      aria-colcount={columns.length + 2}
      aria-label={caption}
      aria-readonly={!desk.isEditable}
      onKeyDown={walk}
    >
      <colgroup>
        <col style={width(STRAND_WEIGHT)} />
        <col style={width(ACTION_WEIGHT)} />
        {columns.map((column, at) => (
          <col key={column.key} style={width(weights[at] ?? 1)} />
        ))}
      </colgroup>
      <thead role="rowgroup" ref={head} className={css.head}>
        {isPrinting && (
          <tr role="row" aria-hidden="true" className={css.marking}>
            <td colSpan={columns.length + 2}>{state.marking}</td>
          </tr>
        )}
        <tr role="row" aria-rowindex={1}>
          <th role="columnheader" scope="col">
            {say('table.strands')}
          </th>
          <th role="columnheader" scope="col">
            {say('table.actions')}
          </th>
          {columns.map((column) => (
            <th role="columnheader" scope="col" key={column.key}>
              {column.heading}
              {column.footnote !== null && (
                <sup>
                  <a href={`#footnote-${column.name}`} className={css.mark}>
                    {footnotes.findIndex(({ key }) => key === column.key) + 1}
                  </a>
                </sup>
              )}
            </th>
          ))}
        </tr>
      </thead>
      {above > 0 && <Space height={above} />}
      {drawn.map((at) => {
        const block = blocks[at];
        if (!block) return null;
        const isFirst = isNothingSelected && at === blocks.findIndex(({ is }) => is === 'strand');
        return (
          <tbody key={block.key} role="rowgroup" data-index={at} ref={isPrinting ? null : virtual.measureElement}>
            {block.is === 'field' ? (
              <FieldBand field={block.field} index={block.index} span={columns.length + 2} />
            ) : (
              <StrandRows block={block} span={columns.length + 2} isEntry={isFirst} />
            )}
          </tbody>
        );
      })}
      {below > 0 && <Space height={below} />}
      {blocks.length === 0 && (
        <tbody role="rowgroup">
          <tr role="row">
            <td role="gridcell" className={css.empty} colSpan={columns.length + 2}>
              {whenEmpty}
            </td>
          </tr>
        </tbody>
      )}
    </table>
  );
}

/** The footnotes of the headings, below the table as in print. */
export function Footnotes({ state }: { readonly state: State }) {
  const footnotes = state.columns.filter(({ footnote }) => footnote !== null);
  if (footnotes.length === 0) return null;
  return (
    <ol className={css.footnotes}>
      {footnotes.map(({ key, name, footnote }) => (
        <li key={key} id={`footnote-${name}`}>
          {footnote}
        </li>
      ))}
    </ol>
  );
}

/** Room for rows that are not drawn. */
function Space({ height }: { readonly height: number }) {
  return (
    <tbody aria-hidden="true" className={css.space}>
      <tr>
        <td style={{ height }} />
      </tr>
    </tbody>
  );
}

function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(() => matchMedia('print').matches);
  useEffect(() => {
    const media = matchMedia('print');
    const begin = () => flushSync(() => setPrinting(true));
    const end = () => setPrinting(media.matches);
    const change = () => flushSync(() => setPrinting(media.matches));
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', end);
    media.addEventListener('change', change);
    return () => {
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', end);
      media.removeEventListener('change', change);
    };
  }, []);
  return isPrinting;
}
