// Which actions are shown, as the address says.
// Invariant: an empty filter shows every action.

import type { Action, Column, Field, State, Strand } from './roadMap';

export const DUE_CHOICES = ['overdue', 'dated', 'ongoing', 'completed', 'none'] as const;
export const PROGRESS_CHOICES = ['blank', 'reported'] as const;

export interface Filter {
  readonly field: string | undefined;
  readonly strand: string | undefined;
  readonly actor: string | undefined;
  readonly due: (typeof DUE_CHOICES)[number] | undefined;
  readonly progress: (typeof PROGRESS_CHOICES)[number] | undefined;
  readonly text: string | undefined;
}

/** The parts of the address that hold a filter. */
export const FILTER_PARTS = ['field', 'strand', 'actor', 'due', 'progress', 'text'] as const;

export function filterOf(query: URLSearchParams): Filter {
  const part = (name: (typeof FILTER_PARTS)[number]) => query.get(name)?.trim() || undefined;
  return {
    field: part('field'),
    strand: part('strand'),
    actor: part('actor'),
    due: DUE_CHOICES.find((choice) => choice === part('due')),
    progress: PROGRESS_CHOICES.find((choice) => choice === part('progress')),
    // As it is typed, with the space before the next word.
    text: query.get('text') || undefined,
  };
}

export function isEmpty(filter: Filter): boolean {
  return Object.values(filter).every((part) => part === undefined);
}

/** Makes the test of an action; its parts that need the road map are looked up once. */
export function matcher(state: State, filter: Filter): (field: Field, strand: Strand, action: Action) => boolean {
  const index = (wanted: (column: Column) => boolean) => state.columns.findIndex(wanted);
  const due = index(({ kind }) => kind === 'DUE');
  const actors = index(({ kind }) => kind === 'ACTORS');
  const progress = index(({ kind, name }) => kind === 'TEXT' && name === 'progress');
  const words = folded(filter.text ?? '').split(/\s+/u).filter((word) => word !== '');
  return (field, strand, action) =>
    (filter.field === undefined || field.letter === filter.field) &&
    (filter.strand === undefined || strand.label === filter.strand) &&
    (filter.actor === undefined || names(action, actors).includes(filter.actor)) &&
    (filter.due === undefined || dueOf(action, due) === filter.due) &&
    (filter.progress === undefined || progressOf(action, progress) === filter.progress) &&
    (words.length === 0 || holds(strand, action, words));
}

/** Lower-case and without accents, so that "reflexion" is found as "réflexion". */
function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function holds(strand: Strand, action: Action, words: readonly string[]): boolean {
  const text = folded([strand.title, strand.source ?? '', action.label, action.text, ...action.cells.map(({ cell }) => cell.content.printed)].join('\n'));
  return words.every((word) => text.includes(word));
}

/** The actors of an action: their lasting keys, or what is printed for those that have none. */
export function names(action: Action, actors: number): readonly string[] {
  const content = action.cells[actors]?.cell.content;
  if (content?.__typename !== 'ActorsContent') return [];
  return [...content.lead, ...content.others].map(({ organisation, printed }) => organisation ?? printed);
}

export function leads(action: Action, actors: number): readonly string[] {
  const content = action.cells[actors]?.cell.content;
  if (content?.__typename !== 'ActorsContent') return [];
  return content.lead.map(({ organisation, printed }) => organisation ?? printed);
}

export function dueOf(action: Action, due: number): Filter['due'] {
  const content = action.cells[due]?.cell.content;
  if (content?.__typename !== 'DueContent') return 'none';
  if (content.overdue) return 'overdue';
  const kinds = content.terms.map(({ kind }) => kind);
  if (kinds.includes('COMPLETED')) return 'completed';
  if (kinds.includes('ONGOING')) return 'ongoing';
  return kinds.length > 0 ? 'dated' : 'none';
}

function progressOf(action: Action, progress: number): Filter['progress'] {
  return action.cells[progress]?.cell.content.__typename === 'Blank' ? 'blank' : 'reported';
}

/** All actors of a road map, those with most actions first. */
export function actorsOf(state: State): readonly string[] {
  const column = state.columns.findIndex(({ kind }) => kind === 'ACTORS');
  const counts = new Map<string, number>();
  for (const field of state.fields) {
    for (const strand of field.strands) {
      for (const action of strand.actions) {
        for (const name of new Set(names(action, column))) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([name]) => name);
}

/** The part of the address that a filter is read from, as one text: the same text is the same filter. */
export function filterPart(query: URLSearchParams): string {
  const parts = new URLSearchParams();
  for (const part of FILTER_PARTS) {
    const value = query.get(part);
    if (value !== null) parts.set(part, value);
  }
  return parts.toString();
}
