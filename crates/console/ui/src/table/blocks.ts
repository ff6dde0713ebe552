// The table cut into blocks that are drawn or left out as a whole: a band for each field, and the rows of a strand.
// Invariant: a shared cell never reaches over the end of a block.

import type { Action, Column, Field, Span, State, Strand } from '../model/roadMap';

/** A strand of more actions is cut where no shared cell is. */
const ROWS_WHOLE_MAX = 12;
/** The actions of each part: as many rows are drawn within one frame while the table is scrolled. */
const ROWS_OF_PART = 4;

export interface ShownCell {
  readonly column: Column;
  readonly cell: Span['cell'];
  /** Over how many of the rows shown; 0 where an earlier row shows it. */
  readonly span: number;
}

export interface Row {
  readonly action: Action;
  readonly cells: readonly ShownCell[];
  /** Its place among all rows of the table, bands among them, from 1; the heading is the first. */
  readonly index: number;
}

export type Block =
  | { readonly is: 'field'; readonly key: string; readonly field: Field; readonly index: number }
  | {
      readonly is: 'strand';
      readonly key: string;
      readonly field: Field;
      readonly strand: Strand;
      readonly rows: readonly Row[];
      readonly isContinued: boolean;
    };

export type Shown = (field: Field, strand: Strand, action: Action) => boolean;

export function blocksOf(state: State, columns: readonly Column[], shown: Shown, withEmpty: boolean): readonly Block[] {
  const places = columns.map((column) => state.columns.findIndex(({ key }) => key === column.key));
  const blocks: Block[] = [];
  let index = 1;
  for (const field of state.fields) {
    const strands: Block[] = [];
    const band = index + 1;
    index += 1;
    for (const strand of field.strands) {
      const actions = strand.actions.filter((action) => shown(field, strand, action));
      if (actions.length === 0 && !(withEmpty && strand.actions.length === 0)) continue;
      for (const [at, part] of parts(actions, places).entries()) {
        const rows = rowsOf(part, columns, places, index);
        index += rows.length;
        strands.push({ is: 'strand', key: `${strand.key}/${at}`, field, strand, rows, isContinued: at > 0 });
      }
    }
    if (strands.length === 0 && !(withEmpty && field.strands.length === 0)) {
      index -= 1;
      continue;
    }
    blocks.push({ is: 'field', key: field.key, field, index: band }, ...strands);
  }
  return blocks;
}

function parts(actions: readonly Action[], places: readonly number[]): readonly (readonly Action[])[] {
  if (actions.length <= ROWS_WHOLE_MAX) return [actions];
  const found: Action[][] = [[]];
  for (const [at, action] of actions.entries()) {
    const part = found.at(-1) ?? [];
    const isShared = places.some((place) => isSame(actions[at - 1], action, place));
    if (part.length >= ROWS_OF_PART && !isShared) found.push([action]);
    else part.push(action);
  }
  return found;
}

function isSame(before: Action | undefined, action: Action, place: number): boolean {
  const key = action.cells[place]?.cell.key;
  return key !== undefined && before?.cells[place]?.cell.key === key;
}

function rowsOf(actions: readonly Action[], columns: readonly Column[], places: readonly number[], index: number): readonly Row[] {
  return actions.map((action, at) => ({
    action,
    index: index + at + 1,
    cells: columns.flatMap((column, nth): ShownCell[] => {
      const place = places[nth] ?? -1;
      const cell = action.cells[place]?.cell;
      if (!cell) return [];
      if (isSame(actions[at - 1], action, place)) return [{ column, cell, span: 0 }];
      let span = 1;
      while (actions[at + span]?.cells[place]?.cell.key === cell.key) span += 1;
      return [{ column, cell, span }];
    }),
  }));
}
