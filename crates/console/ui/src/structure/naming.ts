// Who names what on the Presidency's page: what this page tells the others of it, and who else is at a title.
// Invariant: whoever closes the form is at no title any more.

import { createContext, useContext, useEffect } from 'react';
import type { Gazes } from '../model/gazes';
import type { Presence } from '../model/presence';

export interface Naming {
  readonly presence: Presence | undefined;
  /** Who else is at a title, by the key of what has it. */
  readonly gazes: Gazes;
}

export const NamingContext = createContext<Naming>({ presence: undefined, gazes: new Map() });

export function useNaming(): Naming {
  return useContext(NamingContext);
}

/** Tells the others that one names something, as long as that is so. */
export function useTellNaming(subject: string | undefined, isOpen: boolean, typing: boolean): void {
  const { presence } = useNaming();
  const at = isOpen ? subject : undefined;
  useEffect(() => {
    if (at === undefined) return;
    presence?.look({ subject: at, column: undefined, typing });
    return () => presence?.look(undefined);
  }, [presence, at, typing]);
}
