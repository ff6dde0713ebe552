// Puts what a change affected into the state, without reading the road map anew.
// Invariant: parts that a change does not touch stay the same objects, so that nothing else is drawn again.

import type { ChangesSubscription } from '../api/generated';
import type { Action, Content, State, Strand } from './roadMap';

type Change = Extract<ChangesSubscription['changes'], { readonly __typename: 'Changed' }>;
type Affected = Change['affected'][number];

/** Kinds of events after which only contents and words differ, and everything stands where it stood. */
const IN_PLACE = new Set(['CellSet', 'Retitled', 'AmendmentProposed', 'AmendmentDecided']);

/** Whether `patched` can take a change in; otherwise the road map is read anew. */
export function isInPlace(change: Change): boolean {
  return IN_PLACE.has(change.event.__typename);
}

/**
 * The keys of the strands within which a change moved, added or removed actions, so that nothing else differs but what
 * stands in them; none if it reached further, and the road map is read as a whole.
 */
export function strandsOf(state: State, { affected }: Change): readonly string[] | undefined {
  const known = new Set(state.fields.flatMap((field) => field.strands.map(({ key }) => key)));
  const strands = affected.flatMap((object) => (object.__typename === 'Strand' ? [object.key] : []));
  const isWithin = affected.every(
    ({ __typename, key }) => __typename === 'Action' || (__typename === 'Strand' && known.has(key)),
  );
  return isWithin && strands.length > 0 ? strands : undefined;
}

/** The state with other contents of some strands. */
export function withStrands(state: State, strands: readonly Strand[]): State {
  return mapStrands(state, (strand) => strands.find(({ key }) => key === strand.key) ?? strand);
}

export function patched(state: State, affected: readonly Affected[]): State {
  let next = state;
  for (const object of affected) {
    if (object.__typename === 'Cell') next = withCell(next, object.key, object.content, object.setAt);
    else if (object.__typename === 'Column') {
      const { key, heading, footnote } = object;
      const columns = next.columns.map((column) => (column.key === key ? { ...column, heading, footnote } : column));
      next = { ...next, columns };
    } else next = withWords(next, object);
  }
  return next;
}

export function withCell(state: State, key: string, content: Content, setAt: number): State {
  return mapActions(state, (action) => {
    if (!action.cells.some(({ cell }) => cell.key === key && cell.setAt <= setAt)) return action;
    const cells = action.cells.map((span) => (span.cell.key === key ? { ...span, cell: { ...span.cell, setAt, content } } : span));
    return { ...action, cells };
  });
}

export function withWording(state: State, key: string, text: string): State {
  return mapActions(state, (action) => (action.key === key ? { ...action, text } : action));
}

function withWords(state: State, object: Affected): State {
  switch (object.__typename) {
    case 'Action':
      return withWording(state, object.key, object.text);
    case 'Strand': {
      const { key, title, source } = object;
      return mapStrands(state, (strand) => (strand.key === key ? { ...strand, title, source } : strand));
    }
    case 'Field': {
      const { key, title } = object;
      return { ...state, fields: state.fields.map((field) => (field.key === key ? { ...field, title } : field)) };
    }
    default:
      return state;
  }
}

function mapActions(state: State, change: (action: Action) => Action): State {
  return mapStrands(state, (strand) => {
    const actions = mapped(strand.actions, change);
    return actions === strand.actions ? strand : { ...strand, actions };
  });
}

function mapStrands(state: State, change: (strand: Strand) => Strand): State {
  const fields = mapped(state.fields, (field) => {
    const strands = mapped(field.strands, change);
    return strands === field.strands ? field : { ...field, strands };
  });
  return fields === state.fields ? state : { ...state, fields };
}

/** The same list if nothing in it changed. */
function mapped<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  let differs = false;
  const next = list.map((item) => {
    const changed = change(item);
    differs ||= changed !== item;
    return changed;
  });
  return differs ? next : list;
}
