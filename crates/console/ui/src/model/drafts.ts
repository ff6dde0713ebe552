// What was typed and is not yet in the log. It is kept in the browser's storage until the server has answered, so that
// neither a reload nor a lost connection loses a word. It does not know how a draft is sent.
// Invariant: a draft goes away only when the server took it or its author said so.

import type { Content } from './roadMap';

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

export class Drafts {
  readonly #prefix: string;
  #drafts: ReadonlyMap<string, Draft>;
  readonly #listeners = new Set<() => void>();

  constructor(organisation: string, roadMap: string) {
    this.#prefix = `roadbook.draft:${organisation}:${roadMap}:`;
    this.#drafts = this.#load();
    // What was on its way when the page went may have arrived: the same command id finds out.
    for (const draft of this.#drafts.values()) {
      if (draft.fate.is === 'sending') this.keep({ ...draft, fate: { is: 'waiting' } });
    }
  }

  /** Follows what other tabs of the same person do. */
  start(): () => void {
    const heard = (event: StorageEvent) => {
      if (event.key?.startsWith(this.#prefix) !== true) return;
      this.#drafts = this.#load();
      this.#tell();
    };
    addEventListener('storage', heard);
    return () => removeEventListener('storage', heard);
  }

  readonly all = (): ReadonlyMap<string, Draft> => this.#drafts;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  keep(draft: Draft): void {
    this.#drafts = new Map(this.#drafts).set(draft.target, draft);
    try {
      localStorage.setItem(this.#prefix + draft.target, JSON.stringify(draft));
    } catch {
      // The storage is full: the draft lives as long as the page.
    }
    this.#tell();
  }

  drop(target: string): void {
    const drafts = new Map(this.#drafts);
    drafts.delete(target);
    this.#drafts = drafts;
    localStorage.removeItem(this.#prefix + target);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #load(): ReadonlyMap<string, Draft> {
    const found = new Map<string, Draft>();
    for (let at = 0; at < localStorage.length; at += 1) {
      const key = localStorage.key(at);
      if (key?.startsWith(this.#prefix) !== true) continue;
      try {
        const draft = JSON.parse(localStorage.getItem(key) ?? '') as Draft;
        found.set(draft.target, draft);
      } catch {
        // Not one of ours.
      }
    }
    return found;
  }
}

export function isShownAsDone(draft: Draft | undefined): boolean {
  return draft?.isProposal !== true && (draft?.fate.is === 'sending' || draft?.fate.is === 'waiting');
}

export function textOf(content: Content): string {
  return content.printed;
}
