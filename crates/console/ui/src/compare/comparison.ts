// The difference between two moments, read whole, and put by the keys of what differs.

import { useEffect, useState } from 'react';
import { CompareDocument, type CompareQuery, RoadMapAtDocument } from '../api/generated';
import { ask, Faulty } from '../api/http';
import type { State } from '../model/roadMap';
import type { Piece } from '../model/words';
import { momentOf } from '../time/moment';
import { together } from './together';

type Found = NonNullable<CompareQuery['roadMap']>['compare'];
export type Change = Found['changes']['edges'][number]['node'];

export interface Comparison {
  readonly from: Found['from'];
  readonly to: Found['to'];
  readonly changes: readonly Change[];
  /** The later state, with what was removed put back where it stood, so that it can be shown struck through. */
  readonly state: State;
}

export interface Compared {
  readonly asked: string;
  readonly comparison: Comparison | undefined;
  readonly fault: string | undefined;
}

const RETRY_MS = 2000;

/** The comparison; while another one is read, the last one. */
export function useComparison(roadMap: string, from: string, to: string, version: number): Compared | undefined {
  const [compared, setCompared] = useState<Compared>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const asked = `${from} ${to}`;
    read(roadMap, from, to, stop.signal)
      .then((comparison) => setCompared({ asked, comparison, fault: undefined }))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (error instanceof Faulty) setCompared({ asked, comparison: undefined, fault: error.message });
        else retry = setTimeout(() => setAttempt((tries) => tries + 1), RETRY_MS);
      });
    return () => {
      stop.abort();
      clearTimeout(retry);
    };
  }, [roadMap, from, to, version, attempt]);
  return compared;
}

async function read(roadMap: string, from: string, to: string, signal: AbortSignal): Promise<Comparison | undefined> {
  const earlier = momentOf(from);
  if (!earlier) return undefined;
  const later = momentOf(to) ?? null;
  const changes: Change[] = [];
  let after: string | null = null;
  let found: Found | undefined;
  for (;;) {
    const answer: CompareQuery = await ask(CompareDocument, { roadMap, from: earlier, to: later, after }, signal);
    found = answer.roadMap?.compare;
    if (!found) return undefined;
    changes.push(...found.changes.edges.map(({ node }) => node));
    if (!found.changes.pageInfo.hasNextPage) break;
    after = found.changes.pageInfo.endCursor;
  }
  const [before, now] = await Promise.all([
    ask(RoadMapAtDocument, { roadMap, at: earlier }, signal),
    ask(RoadMapAtDocument, { roadMap, at: later }, signal),
  ]);
  if (!before.roadMap || !now.roadMap) return undefined;
  return { from: found.from, to: found.to, changes, state: together(before.roadMap.state, now.roadMap.state) };
}

/** The words to show at each key; what was added or removed as a whole is inserted or deleted as a whole. */
export function differencesOf({ changes, state }: Comparison): ReadonlyMap<string, readonly Piece[]> {
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
export function changedKeys(comparison: Comparison, differences: ReadonlyMap<string, readonly Piece[]>): ReadonlySet<string> {
  return new Set([...differences.keys(), ...comparison.changes.map(({ subject }) => subject)]);
}
