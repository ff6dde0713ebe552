// The current state of one road map, kept current: read once, then followed from its cursor on.
// It does not know who looks at it, nor what is being typed.
// Invariant: the state is never older than one that was shown before.

import { ChangesDocument, type ChangesSubscription, RoadMapAtDocument, StrandNowDocument } from '../api/generated';
import { ask, Faulty, Unreachable } from '../api/http';
import { socket } from '../api/socket';
import { isInPlace, patched, strandsOf, withCell, withStrands, withWording } from './patch';
import type { Content, State } from './roadMap';

export interface Snapshot {
  readonly status: 'loading' | 'ready' | 'gone';
  readonly state: State | undefined;
  /** How often it was told that what one may do has changed. */
  readonly rights: number;
  /** The version of the last change to something while this page was open, by its key. */
  readonly touched: ReadonlyMap<string, number>;
}

type Item = ChangesSubscription['changes'];

const RETRY_MS = 2000;
/** Changes of structure that come together are read together. */
const GATHER_MS = 30;
/** If more strands than these changed, the road map is read as a whole. */
const STRANDS_MAX = 4;
/** If others go on changing what is read, it is read as a whole after so many times. */
const TRIES_MAX = 3;

export class LiveRoadMap {
  #snapshot: Snapshot = { status: 'loading', state: undefined, rights: 0, touched: new Map() };
  readonly #listeners = new Set<() => void>();
  #cursor: string | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  /** The version of the newest change that was told. */
  #seen = 0;
  /** The keys of the strands that are to be read anew; none if the whole road map is. */
  #stale: Set<string> | undefined = new Set();
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #stopFollowing: (() => void) | undefined;

  constructor(readonly roadMap: string) {}

  readonly snapshot = (): Snapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): () => void {
    this.#stopped = false;
    void this.#begin();
    return () => {
      this.#stopped = true;
      clearTimeout(this.#gathering);
      this.#stopFollowing?.();
    };
  }

  /** Shows what the answer to an edit said, before the socket says it too. */
  confirmCell(key: string, content: Content, version: number): void {
    const { state } = this.#snapshot;
    if (state) this.#become({ state: withCell(state, key, content, version) });
  }

  confirmWording(key: string, text: string): void {
    const { state } = this.#snapshot;
    if (state) this.#become({ state: withWording(state, key, text) });
  }

  #become(parts: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...parts };
    for (const listener of this.#listeners) listener();
  }

  async #begin(): Promise<void> {
    await this.#read();
    if (this.#stopped || this.#snapshot.status !== 'ready') return;
    this.#follow();
  }

  /** Reads the road map; a request that comes meanwhile makes it be read once more. */
  #read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#readOnce().finally(() => {
      this.#reading = undefined;
      if (this.#again && !this.#stopped) {
        this.#again = false;
        void this.#read();
      }
    });
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    while (!this.#stopped) {
      try {
        const { roadMap } = await ask(RoadMapAtDocument, { roadMap: this.roadMap });
        if (this.#stopped) return;
        if (!roadMap) {
          this.#become({ status: 'gone', state: undefined });
          return;
        }
        // A node that lags behind, or a change that was told while the answer was on its way.
        if (roadMap.state.moment.version < this.#seen) {
          await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
          continue;
        }
        this.#cursor ??= roadMap.state.moment.cursor;
        this.#become({ status: 'ready', state: roadMap.state });
        return;
      } catch (fault) {
        if (fault instanceof Faulty) {
          this.#become({ status: 'gone' });
          return;
        }
        if (!(fault instanceof Unreachable)) throw fault;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Follows until stopped. The client of the socket reconnects; the cursor of the last item is where it resumes. */
  #follow(): void {
    const live = this;
    const payload = {
      query: ChangesDocument as string,
      // Read at each connection anew: a getter, so that a reconnection resumes where the stream stopped.
      get variables() {
        return { roadMap: live.roadMap, after: live.#cursor };
      },
    };
    this.#stopFollowing = socket().subscribe<ChangesSubscription>(payload, {
      next: ({ data }) => {
        if (data) this.#take(data.changes);
      },
      error: () => this.#followAnew(),
      complete: () => this.#followAnew(),
    });
  }

  #followAnew(): void {
    if (this.#stopped) return;
    setTimeout(() => {
      if (!this.#stopped) void this.#begin();
    }, RETRY_MS);
  }

  #take(item: Item): void {
    switch (item.__typename) {
      case 'Changed':
        this.#change(item);
        break;
      case 'CaughtUp':
        this.#cursor = item.cursor;
        break;
      case 'RightsChanged':
        // What one may do stands at each object.
        this.#cursor = item.cursor;
        this.#become({ rights: this.#snapshot.rights + 1 });
        void this.#read();
        break;
      case 'Resync':
        this.#resync(item.resumeAfter);
        break;
      default:
        // Something that a newer server tells: it is none of what is shown here.
        break;
    }
  }

  #resync(resumeAfter: string | null): void {
    // Without a place to resume, what is shown may be of another log: it is read anew.
    this.#cursor = resumeAfter ?? undefined;
    if (resumeAfter === null) this.#seen = 0;
  }

  #change(change: Extract<Item, { readonly __typename: 'Changed' }>): void {
    this.#cursor = change.cursor;
    const { event } = change;
    const { state, touched } = this.#snapshot;
    this.#seen = Math.max(this.#seen, event.version);
    if (!state || event.version <= state.moment.version) return;
    const marks = new Map(touched);
    for (const object of change.affected) marks.set(object.key, event.version);
    const moment = { ...state.moment, version: event.version, cursor: change.cursor };
    const isTaken = isInPlace(state, change);
    this.#become({
      state: isTaken ? { ...patched(state, change), moment } : state,
      touched: marks,
    });
    if (!isTaken) this.#gather(strandsOf(state, change));
  }

  /** Reads what changed its structure a little later, with what else changes until then. */
  #gather(strands: readonly string[] | undefined): void {
    if (strands === undefined) this.#stale = undefined;
    for (const strand of strands ?? []) this.#stale?.add(strand);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      const stale = this.#stale;
      this.#stale = new Set();
      if (stale === undefined || stale.size > STRANDS_MAX || this.#reading) void this.#read();
      else void this.#readStrands([...stale], TRIES_MAX);
    }, GATHER_MS);
  }

  async #readStrands(keys: readonly string[], tries: number): Promise<void> {
    const roadMap = this.roadMap;
    try {
      const answers = await Promise.all(keys.map((strand) => ask(StrandNowDocument, { roadMap, strand })));
      const { state } = this.#snapshot;
      if (this.#stopped || !state) return;
      const strands = answers.flatMap(({ node }) => (node?.__typename === 'Strand' ? [node] : []));
      const moments = answers.flatMap((answer) => (answer.roadMap ? [answer.roadMap.state.moment] : []));
      const [oldest] = moments.toSorted((a, b) => a.version - b.version);
      if (strands.length < keys.length || !oldest || tries === 0) await this.#read();
      else if (oldest.version < this.#seen) await this.#readStrands(keys, tries - 1);
      else this.#become({ state: { ...withStrands(state, strands), moment: oldest } });
    } catch (fault) {
      if (!(fault instanceof Faulty || fault instanceof Unreachable)) throw fault;
      await this.#read();
    }
  }
}
