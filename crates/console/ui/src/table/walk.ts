// Which cell is next to which, over rows that are drawn or not.

import type { Target } from '../model/roadMap';
import type { Block, Row } from './blocks';

export type Step = 'up' | 'down' | 'left' | 'right' | 'first' | 'last';

/** The keys of a row from left to right: its wording, then its cells, shared ones among them. */
export function keysOf(row: Row): readonly string[] {
  return [row.action.key, ...row.cells.map(({ cell }) => cell.key)];
}

function rowsOf(blocks: readonly Block[]): readonly Row[] {
  return blocks.flatMap((block) => (block.is === 'strand' ? block.rows : []));
}

export function neighbour(blocks: readonly Block[], key: string, step: Step): string | undefined {
  const rows = rowsOf(blocks);
  const first = rows.findIndex((row) => keysOf(row).includes(key));
  const row = rows[first];
  if (!row) return undefined;
  const keys = keysOf(row);
  const at = keys.indexOf(key);
  if (step === 'first') return keys[0];
  if (step === 'last') return keys.at(-1);
  if (step === 'left') return keys[at - 1];
  if (step === 'right') return keys[at + 1];
  const direction = step === 'up' ? -1 : 1;
  for (let next = first + direction; rows[next]; next += direction) {
    const other = keysOf(rows[next] as Row)[at];
    if (other !== key) return other;
  }
  return undefined;
}

export function targetAt(blocks: readonly Block[], key: string): Target | undefined {
  for (const row of rowsOf(blocks)) {
    if (row.action.key === key) return { key, action: row.action, column: undefined };
    const shown = row.cells.find(({ cell, span }) => cell.key === key && span > 0);
    if (shown) return { key, action: row.action, column: shown.column };
  }
  return undefined;
}
