// What the cells of a table may do to the page around them, and what they are told by it.
// It is one context so that a cell is drawn again only if something of its own changed.

import { createContext, useContext } from 'react';
import type { Draft } from '../model/drafts';
import type { Gazes } from '../model/gazes';
import type { Target } from '../model/roadMap';
import type { Mark } from '../model/words';

export interface Desk {
  readonly isEditable: boolean;
  /** The key of what is selected, and of what is being edited. */
  readonly selected: string | undefined;
  readonly editing: string | undefined;
  readonly drafts: ReadonlyMap<string, Draft>;
  readonly touched: ReadonlyMap<string, number>;
  /** Who else looks at a cell or types in it, by its key. */
  readonly gazes: Gazes;
  /** The differences to show in place of what is there, by key. */
  readonly differences: ReadonlyMap<string, readonly Mark[]> | undefined;
  readonly select: (target: Target | undefined) => void;
  readonly edit: (target: Target) => void;
  readonly type: (target: Target, text: string) => void;
  readonly save: (target: Target) => void;
  /** Ends editing; what was typed stays a draft. */
  readonly leave: (target: Target) => void;
  readonly discard: (target: Target) => void;
}

const nothing = () => {};

/** A table that is only read. */
export const READING: Desk = {
  isEditable: false,
  selected: undefined,
  editing: undefined,
  drafts: new Map(),
  touched: new Map(),
  gazes: new Map(),
  differences: undefined,
  select: nothing,
  edit: nothing,
  type: nothing,
  save: nothing,
  leave: nothing,
  discard: nothing,
};

export const DeskContext = createContext<Desk>(READING);

export function useDesk(): Desk {
  return useContext(DeskContext);
}
