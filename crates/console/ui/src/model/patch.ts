// Puts what a change affected into the state, without reading the road map anew.
// Invariant: parts that a change does not touch stay the same objects, so that nothing else is drawn again.

import type { ChangesSubscription } from '../api/generated';
import { type Action, actionsOf, type Content, type State, type Strand } from './roadMap';

type Change = Extract<ChangesSubscription['changes'], { readonly __typename: 'Changed' }>;
type Affected = Change['affected'][number];

type AffectedCell = Extract<Affected, { readonly __typename: 'Cell' }>;

/** Kinds of events after which only contents and words differ, and everything stands where it stood. */
const IN_PLACE = new Set(['CellSet', 'Retitled', 'AmendmentProposed', 'AmendmentDecided']);
/** Kinds of events after which actions share other cells than before. */
const SHARING = new Set(['CellsShared', 'CellsUnshared']);

/** Whether `patched` can take a change in; otherwise what it changed is read anew. */
export function isInPlace(state: State, change: Change): boolean {
  const kind = change.event.__typename;
  return IN_PLACE.has(kind) || (SHARING.has(kind) && !leavesOver(state, cellsOf(change)));
}

/**
 * The keys of the strands within which a change moved, added or removed actions or made them share cells, so that nothing
 * else differs but what stands in them; none if it reached further, and the road map is read as a whole.
 */
export function strandsOf(state: State, change: Change): readonly string[] | undefined {
  const { affected } = change;
  const all = state.fields.flatMap((field) => field.strands);
  if (SHARING.has(change.event.__typename)) {
    const sharing = actionsOfCells(cellsOf(change));
    return all.filter(({ actions }) => actions.some((action) => sharing.has(action.key))).map(({ key }) => key);
  }
  const known = new Set(all.map(({ key }) => key));
  const strands = affected.flatMap((object) => (object.__typename === 'Strand' ? [object.key] : []));
  const isWithin = affected.every(
    ({ __typename, key }) => __typename === 'Action' || (__typename === 'Strand' && known.has(key)),
  );
  return isWithin && strands.length > 0 ? strands : undefined;
}

function cellsOf({ affected }: Change): readonly AffectedCell[] {
  return affected.filter((object) => object.__typename === 'Cell');
}

function actionsOfCells(cells: readonly AffectedCell[]): ReadonlySet<string> {
  return new Set(cells.flatMap(({ actions }) => actions.map(({ key }) => key)));
}

/** Whether an action stays behind in a cell that others leave: then that cell is named anew, and nobody has told how. */
function leavesOver(state: State, cells: readonly AffectedCell[]): boolean {
  const told = actionsOfCells(cells);
  const places = new Set(cells.map(({ column }) => state.columns.findIndex(({ key }) => key === column.key)));
  const left = new Set<string>();
  const kept = new Set<string>();
  for (const action of actionsOf(state)) {
    for (const place of places) {
      const key = action.cells[place]?.cell.key;
      if (key !== undefined) (told.has(action.key) ? left : kept).add(key);
    }
  }
  return [...kept].some((key) => left.has(key));
}

/** The state with other contents of some strands. */
export function withStrands(state: State, strands: readonly Strand[]): State {
  return mapStrands(state, (strand) => strands.find(({ key }) => key === strand.key) ?? strand);
}

/** The state after a change that `isInPlace`. */
export function patched(state: State, { event, affected }: Change): State {
  let next = state;
  for (const object of affected) {
    if (object.__typename === 'Cell' && SHARING.has(event.__typename)) next = withShared(next, object);
    else if (object.__typename === 'Cell') next = withCell(next, object.key, object.content, object.setAt);
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

/** The state in which exactly the actions of a cell show it; what a cell that was shared leaves behind is told as another. */
function withShared(state: State, { key, setAt, content, allowedActions, column, actions }: AffectedCell): State {
  const place = state.columns.findIndex((one) => one.key === column.key);
  const order = new Map(actions.map((action, at) => [action.key, at]));
  return mapActions(state, (action) => {
    const at = order.get(action.key);
    if (at === undefined) return action;
    const shown = { span: actions.length, first: at === 0, cell: { key, setAt, content, allowedActions } };
    return { ...action, cells: action.cells.with(place, shown) };
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
