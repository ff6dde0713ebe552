// The structure as a list of lists: what can be moved, and to where.
// Invariant: a place is named by what stands before it and after it, never by a number.

import type { CommandInput } from '../api/generated';
import { type Allowed, allowedOf, type State } from '../model/roadMap';

export type Level = 'field' | 'strand' | 'action' | 'column';

export interface Item {
  readonly level: Level;
  readonly key: string;
  readonly label: string;
  readonly title: string;
  /** The key of that in which it stands; none for a field or a column. */
  readonly under: string | undefined;
  readonly items: readonly Item[];
  /** What may be done with it. */
  readonly allowed: Allowed;
}

export function outlineOf(state: State): readonly Item[] {
  return state.fields.map((field) => ({
    level: 'field',
    key: field.key,
    label: field.letter,
    title: field.title,
    under: undefined,
    allowed: allowedOf(field),
    items: field.strands.map((strand) => ({
      level: 'strand',
      key: strand.key,
      label: strand.label,
      title: strand.title,
      under: field.key,
      allowed: allowedOf(strand),
      items: strand.actions.map((action) => ({
        level: 'action',
        key: action.key,
        label: action.label,
        title: action.text,
        under: strand.key,
        allowed: allowedOf(action),
        items: [],
      })),
    })),
  }));
}

export function columnsOf(state: State): readonly Item[] {
  return state.columns.map((column) => ({
    level: 'column',
    key: column.key,
    label: column.name,
    title: column.heading,
    under: undefined,
    allowed: allowedOf(column),
    items: [],
  }));
}

export function move(item: Item, under: string | undefined, before: string | undefined): CommandInput {
  return { move: { subject: item.key, under: under ?? null, before: before ?? null } };
}

/** One place up or down among its siblings; none at the end. */
export function step(item: Item, siblings: readonly Item[], by: -1 | 1): CommandInput | undefined {
  const at = siblings.findIndex(({ key }) => key === item.key);
  if (!siblings[at + by]) return undefined;
  return move(item, item.under, siblings[by < 0 ? at - 1 : at + 2]?.key);
}

/** Where else something can stand: the fields for a strand, the strands for an action. */
export function parentsFor(item: Item, outline: readonly Item[]): readonly Item[] {
  if (item.level === 'strand') return outline;
  if (item.level === 'action') return outline.flatMap(({ items }) => items);
  return [];
}

export function addition(level: Level, under: string | undefined, title: string): CommandInput | undefined {
  if (level === 'field') return { addField: { title } };
  if (under === undefined) return undefined;
  return level === 'strand' ? { addStrand: { field: under, title } } : { addAction: { strand: under, text: title } };
}
