// The difference between two moments, or from one over a second to a third, read whole and put by the keys of what differs.

import { useEffect, useState } from 'react';
import { CompareDocument, type CompareQuery, type MomentInput, RoadMapAtDocument } from '../api/generated';
import { ask, Faulty } from '../api/http';
import type { State } from '../model/roadMap';
import type { Mark, Piece } from '../model/words';
import { momentOf } from '../time/moment';
import { composed } from './composed';
import { together } from './together';

type Found = NonNullable<CompareQuery['roadMap']>['compare'];
export type Change = Found['changes']['edges'][number]['node'];

/** What differs between two moments. */
export interface Difference {
  readonly from: Found['from'];
  readonly to: Found['to'];
  readonly changes: readonly Change[];
  /** The later state, with what was removed put back where it stood, so that it can be shown struck through. */
  readonly state: State;
}

export interface Comparison {
  /** From each moment to the next: one, or two if there is a moment between. */
  readonly steps: readonly [Difference] | readonly [Difference, Difference];
  /** All that stands in any of the moments. */
  readonly state: State;
  /** What the table shows at each key. */
  readonly differences: ReadonlyMap<string, readonly Mark[]>;
}

export interface Compared {
  readonly comparison: Comparison | undefined;
  readonly fault: string | undefined;
}

const RETRY_MS = 2000;

/** The comparison of moments as the address writes them; while another one is read, the last one. */
export function useComparison(roadMap: string, from: string, via: string | undefined, to: string, version: number): Compared | undefined {
  const [compared, setCompared] = useState<Compared>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    read(roadMap, from, via, to, stop.signal)
      .then((comparison) => setCompared({ comparison, fault: undefined }))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (error instanceof Faulty) setCompared({ comparison: undefined, fault: error.message });
        else retry = setTimeout(() => setAttempt((tries) => tries + 1), RETRY_MS);
      });
    return () => {
      stop.abort();
      clearTimeout(retry);
    };
  }, [roadMap, from, via, to, version, attempt]);
  return compared;
}

async function read(roadMap: string, from: string, via: string | undefined, to: string, signal: AbortSignal): Promise<Comparison | undefined> {
  const earlier = momentOf(from);
  const between = momentOf(via);
  const later = momentOf(to) ?? null;
  if (!earlier) return undefined;
  const moments = between ? [earlier, between, later] : [earlier, later];
  const states = await Promise.all(moments.map((at) => stateAt(roadMap, at, signal)));
  const steps = await Promise.all(
    moments.slice(1).map((at, nth) => differenceOf(roadMap, moments[nth] ?? earlier, at, [states[nth], states[nth + 1]], signal)),
  );
  const [first, second] = steps;
  if (!first) return undefined;
  if (moments.length === 2) return { steps: [first], state: first.state, differences: differencesOf(first) };
  const [, middle] = states;
  if (!second || !middle) return undefined;
  // What only the first moment has stood beside what the second has.
  return { steps: [first, second], state: together(first.state, second.state), differences: inTwoSteps(first, middle, second) };
}

async function stateAt(roadMap: string, at: MomentInput | null, signal: AbortSignal): Promise<State | undefined> {
  const answer = await ask(RoadMapAtDocument, { roadMap, at }, signal);
  return answer.roadMap?.state;
}

async function differenceOf(
  roadMap: string,
  from: MomentInput,
  to: MomentInput | null,
  [before, now]: readonly (State | undefined)[],
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const changes: Change[] = [];
  let after: string | null = null;
  let found: Found | undefined;
  for (;;) {
    const answer: CompareQuery = await ask(CompareDocument, { roadMap, from, to, after }, signal);
    found = answer.roadMap?.compare;
    if (!found) return undefined;
    changes.push(...found.changes.edges.map(({ node }) => node));
    if (!found.changes.pageInfo.hasNextPage) break;
    after = found.changes.pageInfo.endCursor;
  }
  if (!before || !now) return undefined;
  return { from: found.from, to: found.to, changes, state: together(before, now) };
}

/** The words of two steps at each key that either of them changes; what a step leaves alone is as it stands between. */
function inTwoSteps(first: Difference, middle: State, second: Difference): ReadonlyMap<string, readonly Mark[]> {
  const before = differencesOf(first);
  const after = differencesOf(second);
  const texts = wordsOf(middle);
  const kept = (key: string): readonly Piece[] => [{ kind: 'KEPT', text: texts.get(key) ?? '' }];
  const keys = new Set([...before.keys(), ...after.keys()]);
  return new Map([...keys].map((key) => [key, composed(before.get(key) ?? kept(key), after.get(key) ?? kept(key))]));
}

/** The words at each key of a state. */
function wordsOf(state: State): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const field of state.fields) {
    words.set(field.key, field.title);
    for (const strand of field.strands) {
      words.set(strand.key, strand.title);
      for (const action of strand.actions) {
        words.set(action.key, action.text);
        for (const { cell } of action.cells) words.set(cell.key, cell.content.printed);
      }
    }
  }
  return words;
}

/** The words to show at each key; what was added or removed as a whole is inserted or deleted as a whole. */
function differencesOf({ changes, state }: Difference): ReadonlyMap<string, readonly Piece[]> {
  const found = new Map<string, readonly Piece[]>();
  const whole = new Map<string, 'INSERTED' | 'DELETED'>();
  for (const { kind, subject, hunks } of changes) {
    if (kind === 'ADDED') whole.set(subject, 'INSERTED');
    else if (kind === 'REMOVED') whole.set(subject, 'DELETED');
    else if (hunks.length > 0 && !found.has(subject)) found.set(subject, hunks);
  }
  const mark = (key: string, kind: Piece['kind'] | undefined, text: string) => {
    if (kind !== undefined && text !== '') found.set(key, [{ kind, text }]);
  };
  for (const field of state.fields) {
    const ofField = whole.get(field.key);
    mark(field.key, ofField, field.title);
    for (const strand of field.strands) {
      const ofStrand = whole.get(strand.key) ?? ofField;
      mark(strand.key, ofStrand, strand.title);
      for (const action of strand.actions) {
        const ofAction = whole.get(action.key) ?? ofStrand;
        mark(action.key, ofAction, action.text);
        for (const { cell } of action.cells) mark(cell.key, whole.get(cell.key) ?? ofAction, cell.content.printed);
      }
    }
  }
  return found;
}

/** The keys of what differs in any way, in words or in place. */
export function changedKeys({ steps, differences }: Comparison): ReadonlySet<string> {
  return new Set([...differences.keys(), ...steps.flatMap(({ changes }) => changes.map(({ subject }) => subject))]);
}
