// Sends drafts, and turns the server's answers into what happens to them.
// Invariant: a draft that is sent twice carries the same command id, so it takes effect once.

import { type CommandInput, EditDocument, type EditMutation } from '../api/generated';
import { ask, Faulty, Unreachable } from '../api/http';
import { connectionNow, onConnection } from '../api/socket';
import type { Conflict, Draft, Drafts } from './drafts';
import type { LiveRoadMap } from './liveRoadMap';

type Payload = EditMutation['edit'];
type Done = Extract<Payload, { readonly __typename: 'EditDone' }>;
type Conflicts = Extract<Payload, { readonly __typename: 'EditConflicts' }>;

/** What a person is told of an edit that did not go as it was typed. */
export type Told =
  | { readonly is: 'merged'; readonly label: string; readonly yours: string; readonly result: string }
  | { readonly is: 'shadowed'; readonly label: string }
  | { readonly is: 'proposed'; readonly label: string }
  | { readonly is: 'saved'; readonly label: string };

const RETRY_MS = 3000;

export class Sending {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly live: LiveRoadMap,
    readonly drafts: Drafts,
    readonly tell: (told: Told) => void,
  ) {}

  start(): () => void {
    const stop = onConnection(() => {
      if (connectionNow() === 'live') this.resend();
    });
    this.resend();
    return () => {
      stop();
      clearTimeout(this.#timer);
    };
  }

  async send(draft: Draft): Promise<void> {
    const sent: Draft = { ...draft, commandId: draft.commandId ?? crypto.randomUUID(), fate: { is: 'sending' } };
    this.drafts.keep(sent);
    try {
      const { edit } = await ask(EditDocument, {
        input: {
          roadMap: this.live.roadMap,
          commandId: sent.commandId ?? '',
          base: sent.base,
          keepAsAmendment: sent.isProposal,
          commands: [command(sent)],
        },
      });
      this.#answered(sent, edit);
    } catch (fault) {
      this.#failed(sent, fault);
    }
  }

  /** Sends what waits for the connection. */
  resend(): void {
    for (const draft of this.drafts.all().values()) if (draft.fate.is === 'waiting') void this.send(draft);
  }

  #failed(draft: Draft, fault: unknown): void {
    const isSignedOut = fault instanceof Faulty && fault.code === 'UNAUTHENTICATED';
    if (fault instanceof Faulty && !isSignedOut) {
      this.drafts.keep({ ...draft, commandId: undefined, fate: { is: 'refused', messages: [fault.message] } });
      return;
    }
    this.drafts.keep({ ...draft, fate: { is: 'waiting' } });
    if (fault instanceof Unreachable) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.resend(), RETRY_MS);
    } else if (!isSignedOut) throw fault;
  }

  #answered(draft: Draft, payload: Payload): void {
    switch (payload.__typename) {
      case 'EditDone':
        this.#done(draft, payload);
        break;
      case 'EditConflicts':
        this.drafts.keep({ ...draft, commandId: undefined, fate: { is: 'conflict', conflict: conflictOf(draft, payload) } });
        break;
      case 'EditRefused':
        this.#refused(draft, payload);
        break;
      default:
        // A server newer than this page says something else: what was typed stays, to be tried after a reload.
        this.drafts.keep({ ...draft, fate: { is: 'refused', messages: [] } });
    }
  }

  #done(draft: Draft, done: Done): void {
    let result = draft.text;
    for (const event of done.events) {
      if (event.__typename === 'CellSet') {
        result = event.after.printed;
        this.live.confirmCell(draft.target, event.after, event.version);
      } else if (event.__typename === 'Retitled') {
        result = event.words ?? draft.text;
        this.live.confirmWording(draft.target, result);
      }
    }
    this.drafts.drop(draft.target);
    const { label } = draft;
    switch (done.outcomes[0]) {
      case 'MERGED':
        this.tell({ is: 'merged', label, yours: draft.text, result });
        break;
      case 'SHADOWED_BY_LATER':
        this.tell({ is: 'shadowed', label });
        break;
      case 'KEPT_AS_AMENDMENT':
        this.tell({ is: 'proposed', label });
        break;
      case 'APPLIED':
        this.tell({ is: 'saved', label });
        break;
      default:
        break;
    }
  }

  #refused(draft: Draft, { refusals }: Extract<Payload, { readonly __typename: 'EditRefused' }>): void {
    const { state } = this.live.snapshot();
    const isStale = refusals.some(({ code }) => code === 'STALE_BASE');
    const theirs = state && textNow(state, draft);
    // The log was restored since typing began: what stands there now is set beside what was typed.
    if (isStale && state && theirs !== undefined) {
      const conflict: Conflict = {
        base: draft.before,
        theirs,
        yours: draft.text,
        author: undefined,
        at: undefined,
        cursor: state.moment.cursor,
      };
      this.drafts.keep({ ...draft, commandId: undefined, fate: { is: 'conflict', conflict } });
      return;
    }
    const messages = refusals.map(({ message }) => message);
    this.drafts.keep({ ...draft, commandId: undefined, fate: { is: 'refused', messages } });
  }
}

function command(draft: Draft): CommandInput {
  return draft.column === undefined
    ? { retitle: { subject: draft.action, title: draft.text } }
    : { setCell: { action: draft.action, column: draft.column, content: draft.text } };
}

function conflictOf(draft: Draft, { conflicts, cursor }: Conflicts): Conflict {
  const [met] = conflicts;
  return {
    base: met?.base.printed ?? draft.before,
    theirs: met?.theirs.printed ?? '',
    yours: draft.text,
    author: met?.theirEvent?.author,
    at: met?.theirEvent?.recordedAt,
    cursor,
  };
}

function textNow(state: NonNullable<ReturnType<LiveRoadMap['snapshot']>['state']>, draft: Draft): string | undefined {
  for (const field of state.fields) {
    for (const strand of field.strands) {
      const action = strand.actions.find(({ key }) => key === draft.action);
      if (!action) continue;
      if (draft.column === undefined) return action.text;
      return action.cells.find(({ cell }) => cell.key === draft.target)?.cell.content.printed;
    }
  }
  return undefined;
}
