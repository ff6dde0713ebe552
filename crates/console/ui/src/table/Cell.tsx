// One cell of the table: what it shows, that it can be edited, and the editor in its place.
// Invariant: what is typed here is a draft before the next key is pressed.

import { memo } from 'react';
import { Editor } from '../edit/Editor';
import { useMessages } from '../messages/messages';
import { isShownAsDone } from '../model/drafts';
import { type Content as CellContent, modeOf, provisional, type Target } from '../model/roadMap';
import css from './Cell.module.css';
import { Content } from './Content';
import { useDesk } from './desk';
import { Present } from './Present';
import { Words } from './Words';

interface Props {
  readonly target: Target;
  readonly content: CellContent;
  readonly span: number;
  /** Whether the keyboard enters the table here. */
  readonly isEntry?: boolean;
}

export const Cell = memo(function Cell({ target, content, span, isEntry = false }: Props) {
  const desk = useDesk();
  const { say } = useMessages();
  const { key, action, column } = target;
  const kind = column?.kind ?? 'TEXT';
  const draft = desk.drafts.get(key);
  const touch = desk.touched.get(key);
  const pieces = desk.differences?.get(key);
  const gazes = desk.gazes.get(key);
  const isEditing = desk.editing === key;
  const isSelected = desk.selected === key;
  const isOpen = desk.isEditable && modeOf(target) !== undefined;
  const shown = draft && isShownAsDone(draft) ? provisional(draft.text, kind) : content;
  return (
    <td
      role="gridcell"
      rowSpan={span}
      className={gazes === undefined ? css.cell : `${css.cell} ${css.watched}`}
      data-kind={kind}
      data-target={key}
      data-place={action.label}
      data-fate={draft?.fate.is}
      data-label={column?.heading ?? say('table.actions')}
      aria-selected={isSelected}
      aria-readonly={!isOpen}
      tabIndex={isSelected || isEntry ? 0 : -1}
      onClick={() => {
        if (isEditing) return;
        if (isSelected && isOpen && getSelection()?.isCollapsed !== false) desk.edit(target);
        else desk.select(target);
      }}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget) return;
        if ((event.key === 'Enter' || event.key === 'F2') && isOpen) {
          event.preventDefault();
          desk.edit(target);
        }
      }}
    >
      {gazes !== undefined && <Present participants={gazes} />}
      {isEditing ? (
        <Editor target={target} draft={draft} content={content} />
      ) : (
        <div key={touch} className={touch !== undefined ? css.touched : undefined}>
          {pieces ? <Words pieces={pieces} /> : <Content content={shown} kind={kind} />}
          {draft && <p className={css.fate}>{say(`draft.${draft.fate.is}`)}</p>}
        </div>
      )}
      {span > 1 && <span className={css.shared}>{say('table.shared', { count: span })}</span>}
    </td>
  );
});
