// The road map as the API tells it, in the words of the pages.

import type {
  ActionPartsFragment,
  ColumnPartsFragment,
  ContentFragment,
  StatePartsFragment,
  StrandPartsFragment,
} from '../api/generated';

export type State = StatePartsFragment;
export type Field = State['fields'][number];
export type Strand = StrandPartsFragment;
export type Action = ActionPartsFragment;
export type Column = ColumnPartsFragment;
export type Content = ContentFragment;
export type Span = Action['cells'][number];

/** What can be edited in place: a cell, or the wording of an action. */
export interface Target {
  /** The key of the cell or the action. */
  readonly key: string;
  readonly action: Action;
  /** None for the wording. */
  readonly column: Column | undefined;
}

/** What can be done with an object, where the server says so. */
export type Allowed = readonly string[] | undefined;

export function allowedOf(object: object | undefined): Allowed {
  if (object === undefined || !('allowedActions' in object)) return undefined;
  return object.allowedActions as readonly string[];
}

/** Whether something may be done; where the server does not say beforehand, it judges when it is tried. */
export function allows(allowed: Allowed, kind: string): boolean {
  return allowed?.includes(kind) ?? true;
}

/** What becomes of what is typed in the place of a target: it is set, it is proposed, or nothing may be typed. */
export type Mode = 'set' | 'propose' | undefined;

/** A cell says itself what may be done with it, or else its action does. */
export function modeOf({ key, action, column }: Target): Mode {
  if (column === undefined) return allows(allowedOf(action), 'RETITLE') ? 'set' : undefined;
  const cell = action.cells.find((span) => span.cell.key === key)?.cell;
  const allowed = allowedOf(cell) ?? allowedOf(action);
  if (allows(allowed, 'SET_CELL')) return 'set';
  return allows(allowed, 'PROPOSE_AMENDMENT') ? 'propose' : undefined;
}

/** A content that shows a text until the server has said what it understands of it. */
export function provisional(text: string, kind: Column['kind']): Content {
  const trimmed = text.trim();
  if (trimmed === '') return { __typename: 'Blank', printed: '' };
  if (trimmed === '?') return { __typename: 'Unknown', printed: '?' };
  if (kind === 'DUE') return { __typename: 'DueContent', printed: text, terms: [], overdue: false };
  if (kind === 'ACTORS') {
    const [lead = '', ...others] = text.split('\n');
    const actor = (name: string) => ({ printed: name, organisation: null });
    return { __typename: 'ActorsContent', printed: text, lead: [actor(lead)], others: others.map(actor) };
  }
  return { __typename: 'TextContent', printed: text };
}

export function* actionsOf(state: State): Generator<Action> {
  for (const field of state.fields) for (const strand of field.strands) yield* strand.actions;
}

/** The title of a column or cell for those who hear it. */
export function place(target: Target): string {
  return target.column === undefined ? target.action.label : `${target.action.label}, ${target.column.heading}`;
}
