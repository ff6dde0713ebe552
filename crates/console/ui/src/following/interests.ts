// What one follows, and up to where one has looked, kept in this browser for one organisation and one road map.
// Invariant: who follows nothing in particular follows everything.

import { useSyncExternalStore } from 'react';

export interface Interests {
  /** Keys of strands. */
  readonly strands: readonly string[];
  /** Keys of actions. */
  readonly actions: readonly string[];
  /** Leads, as the filter of the table names them. */
  readonly leads: readonly string[];
  /** The cursor up to which one has looked; none until one looked first. */
  readonly seen: string | undefined;
}

const NOTHING: Interests = { strands: [], actions: [], leads: [], seen: undefined };
const kept = new Map<string, Interests>();
const listeners = new Set<() => void>();

function keyOf(organisation: string, roadMap: string): string {
  return `roadbook.following:${organisation}:${roadMap}`;
}

function read(key: string): Interests {
  const known = kept.get(key);
  if (known) return known;
  let found = NOTHING;
  try {
    const parsed = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Interests>;
    found = { ...NOTHING, ...parsed };
  } catch {
    // Not one of ours: it is written anew.
  }
  kept.set(key, found);
  return found;
}

// What another window of this browser kept holds here too.
addEventListener('storage', ({ key }) => {
  if (key === null) kept.clear();
  else kept.delete(key);
  for (const listener of listeners) listener();
});

export function keepInterests(organisation: string, roadMap: string, change: Partial<Interests>): void {
  const key = keyOf(organisation, roadMap);
  const next = { ...read(key), ...change };
  kept.set(key, next);
  try {
    localStorage.setItem(key, JSON.stringify(next));
  } catch {
    // The storage is full: they live as long as the page.
  }
  for (const listener of listeners) listener();
}

export function useInterests(organisation: string, roadMap: string): Interests {
  const key = keyOf(organisation, roadMap);
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => read(key),
  );
}
