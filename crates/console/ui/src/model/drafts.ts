// What was typed and is not yet in the log. It is kept in the browser's storage until the server has answered, so that
// neither a reload nor a lost connection loses a word. It does not know how a draft is sent.
// Invariant: a draft goes away only when the server took it or its author said so, and only the tab that it belongs to
// writes it; those of tabs that are gone belong to the next page that is opened.

import { otherTabs, thisTab } from './tab';

export interface Conflict {
  readonly base: string;
  readonly theirs: string;
  readonly yours: string;
  /** Who wrote what stands there now, and when. */
  readonly author: string | undefined;
  readonly at: string | undefined;
  /** The base of the edit that settles it. */
  readonly cursor: string;
}

export type Fate =
  | { readonly is: 'typing' }
  | { readonly is: 'sending' }
  /** The server could not be reached; it is sent again. */
  | { readonly is: 'waiting' }
  | { readonly is: 'refused'; readonly messages: readonly string[] }
  | { readonly is: 'conflict'; readonly conflict: Conflict };

export interface Draft {
  /** The key of the cell or action. */
  readonly target: string;
  readonly action: string;
  /** None for the wording of the action. */
  readonly column: string | undefined;
  /** Where it stands, for a person. */
  readonly label: string;
  readonly text: string;
  /** What was there when typing began, and the cursor of the state it was read from. */
  readonly before: string;
  readonly base: string;
  /** Given when it is sent, and the same when the same is sent again. */
  readonly commandId: string | undefined;
  /** Whether it is proposed as an amendment, by one who may not set the cell. */
  readonly isProposal: boolean;
  readonly fate: Fate;
}

/** So long after a draft is done with it is looked once more for what others have left. */
const GOING_MS = 2000;

export class Drafts {
  readonly #prefix: string;
  #drafts: ReadonlyMap<string, Draft> = new Map();
  /** What the storage had no room for. */
  readonly #unstored = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #whenTaken = () => {};
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(organisation: string, roadMap: string) {
    this.#prefix = `roadbook.draft:${organisation}:${roadMap}:`;
    this.#take((tab) => tab === thisTab());
  }

  /** Takes what tabs that are gone have left, tells of it, and asks before the page goes away with what is stored nowhere. */
  start(whenTaken: () => void): () => void {
    this.#whenTaken = whenTaken;
    void this.#takeLeft();
    const look = () => void this.#takeLeft();
    const leaving = (event: BeforeUnloadEvent) => {
      if (this.#unstored.size > 0) event.preventDefault();
    };
    addEventListener('beforeunload', leaving);
    addEventListener('focus', look);
    return () => {
      removeEventListener('beforeunload', leaving);
      removeEventListener('focus', look);
      clearTimeout(this.#looking);
    };
  }

  readonly all = (): ReadonlyMap<string, Draft> => this.#drafts;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  keep(draft: Draft): void {
    this.#drafts = new Map(this.#drafts).set(draft.target, draft);
    this.#unstored.delete(draft.target);
    try {
      localStorage.setItem(this.#keyOf(draft.target, thisTab()), JSON.stringify(draft));
    } catch {
      // The storage is full: the draft lives as long as the page.
      this.#unstored.add(draft.target);
    }
    this.#tell();
  }

  drop(target: string): void {
    const drafts = new Map(this.#drafts);
    drafts.delete(target);
    this.#drafts = drafts;
    this.#unstored.delete(target);
    localStorage.removeItem(this.#keyOf(target, thisTab()));
    this.#tell();
    // A tab that is gone may have left another one for the same cell, and one that is going holds its name a little longer.
    void this.#takeLeft();
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => void this.#takeLeft(), GOING_MS);
  }

  #keyOf(target: string, tab: string): string {
    return `${this.#prefix}${target}:${tab}`;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #takeLeft(): Promise<void> {
    const others = await otherTabs();
    if (!this.#take((tab) => !others.has(tab))) return;
    this.#tell();
    this.#whenTaken();
  }

  /** Makes drafts of such tabs those of this one, one for each cell; whether there was any. */
  #take(isWanted: (tab: string) => boolean): boolean {
    const drafts = new Map(this.#drafts);
    for (const { key, tab, draft } of this.#stored()) {
      if (!isWanted(tab) || drafts.has(draft.target)) continue;
      // What was on its way when the page went may have arrived: the same command id finds out.
      const taken: Draft = draft.fate.is === 'sending' ? { ...draft, fate: { is: 'waiting' } } : draft;
      drafts.set(draft.target, taken);
      localStorage.removeItem(key);
      localStorage.setItem(this.#keyOf(draft.target, thisTab()), JSON.stringify(taken));
    }
    const isAny = drafts.size > this.#drafts.size;
    this.#drafts = drafts;
    return isAny;
  }

  #stored(): readonly { readonly key: string; readonly tab: string; readonly draft: Draft }[] {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.#prefix))
      .flatMap((key) => {
        try {
          const draft = JSON.parse(localStorage.getItem(key) ?? '') as Draft;
          return [{ key, tab: key.slice(key.lastIndexOf(':') + 1), draft }];
        } catch {
          // Not one of ours.
          return [];
        }
      });
  }
}

export function isShownAsDone(draft: Draft | undefined): boolean {
  return draft?.isProposal !== true && (draft?.fate.is === 'sending' || draft?.fate.is === 'waiting');
}
