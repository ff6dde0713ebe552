// Who else has this road map open, and at which cells and wordings they look or type; and what they are told of this page.
// Presence is never in the log: it lasts as long as the subscription, and is begun anew with it.
// Invariant: what is told is what is so, at most once in TELL_EVERY_MS.

import { PresenceDocument, type PresenceSubscription, ShowPresenceDocument } from '../api/generated';
import { ask } from '../api/http';
import { socket } from '../api/socket';

export type Participant = PresenceSubscription['presence']['participants'][number];

export interface Present {
  /** How many are there, this page included; none as long as nothing was heard. */
  readonly count: number | undefined;
  readonly participants: readonly Participant[];
}

/** The cell or the wording that one looks at. */
export interface Gaze {
  /** The key of the action, or of whatever else has the wording. */
  readonly subject: string;
  /** That of the cell; none at a wording. */
  readonly column: string | undefined;
  readonly typing: boolean;
}

const NOBODY: Present = { count: undefined, participants: [] };
const RETRY_FIRST_MS = 2000;
/** Who may have no presence here, or finds too many there, asks ever more seldom. */
const RETRY_LONGEST_MS = 60_000;
const TELL_EVERY_MS = 700;

export class Presence {
  #present: Present = NOBODY;
  readonly #listeners = new Set<() => void>();
  #own: string | undefined;
  #gaze: Gaze | undefined;
  /** What the server knows of it under the present id, as text; none if that is not certain. */
  #told: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastTold = 0;
  #retryMs = RETRY_FIRST_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopFollowing: (() => void) | undefined;
  #isStopped = false;

  constructor(readonly roadMap: string) {}

  readonly snapshot = (): Present => this.#present;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): () => void {
    this.#isStopped = false;
    this.#follow();
    return () => {
      this.#isStopped = true;
      clearTimeout(this.#timer);
      clearTimeout(this.#retry);
      this.#stopFollowing?.();
      this.#become(NOBODY);
    };
  }

  /** Says where this page looks; nowhere if it is left out. */
  look(gaze: Gaze | undefined): void {
    this.#gaze = gaze;
    this.#tellSoon();
  }

  #become(present: Present): void {
    this.#present = present;
    for (const listener of this.#listeners) listener();
  }

  #follow(): void {
    this.#own = undefined;
    this.#stopFollowing = socket().subscribe<PresenceSubscription>(
      { query: PresenceDocument as string, variables: { roadMap: this.roadMap } },
      {
        next: ({ data }) => {
          if (data) this.#take(data.presence);
        },
        error: () => this.#followAnew(),
        complete: () => this.#followAnew(),
      },
    );
  }

  #followAnew(): void {
    if (this.#isStopped) return;
    this.#become(NOBODY);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#follow(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_LONGEST_MS, this.#retryMs * 2);
  }

  #take({ own, count, participants }: PresenceSubscription['presence']): void {
    this.#retryMs = RETRY_FIRST_MS;
    if (own !== this.#own) {
      // Another subscription, such as after a lost connection: nothing was told under it yet.
      this.#own = own;
      this.#told = JSON.stringify(null);
      this.#tellSoon();
    }
    this.#become({ count, participants });
  }

  #tellSoon(): void {
    clearTimeout(this.#timer);
    const wait = Math.max(0, this.#lastTold + TELL_EVERY_MS - Date.now());
    this.#timer = setTimeout(() => void this.#tell(), wait);
  }

  async #tell(): Promise<void> {
    const presence = this.#own;
    const gaze = this.#gaze;
    const telling = JSON.stringify(gaze ?? null);
    if (presence === undefined || telling === this.#told) return;
    this.#told = telling;
    this.#lastTold = Date.now();
    try {
      const input = { roadMap: this.roadMap, presence, ...gaze };
      const { showPresence } = await ask(ShowPresenceDocument, { input });
      // That presence is over: ending its subscription makes it be begun anew.
      if (!showPresence.present && presence === this.#own) this.#stopFollowing?.();
    } catch {
      // It is told again with the next change, or under the next subscription.
      if (presence === this.#own) this.#told = undefined;
    }
  }
}
