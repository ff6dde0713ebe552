// What happened since one last looked, of what one follows: read from the cursor, and continued live.

import { useEffect, useMemo, useState } from 'react';
import { EventsAfterDocument, type EventsAfterQuery, type ToldFragment } from '../api/generated';
import { ask, Faulty } from '../api/http';
import { leads as leadsOf } from '../model/filter';
import type { LiveRoadMap } from '../model/liveRoadMap';
import type { State } from '../model/roadMap';
import { type Interests, keepInterests, useInterests } from './interests';

export interface Inbox {
  readonly interests: Interests;
  /** Newest first. */
  readonly entries: readonly ToldFragment[];
  /** None while it is read first. */
  readonly isRead: boolean;
}

const RETRY_MS = 2000;

export function useInbox(live: LiveRoadMap, state: State | undefined, organisation: string): Inbox {
  const interests = useInterests(organisation, live.roadMap);
  const { seen } = interests;
  const [found, setFound] = useState<{ readonly after: string; readonly events: readonly ToldFragment[] }>();
  const [attempt, setAttempt] = useState(0);
  const version = state?.moment.version;
  const cursor = state?.moment.cursor;
  useEffect(() => {
    if (cursor === undefined) return;
    if (seen === undefined) {
      // Who looks for the first time has nothing to catch up with.
      keepInterests(organisation, live.roadMap, { seen: cursor });
      return;
    }
    const stop = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    read(live.roadMap, seen, stop.signal)
      .then((events) => setFound({ after: seen, events }))
      .catch((fault: unknown) => {
        if (stop.signal.aborted) return;
        // A cursor of a log that was restored since leads nowhere: one begins anew.
        if (fault instanceof Faulty) keepInterests(organisation, live.roadMap, { seen: cursor });
        else retry = setTimeout(() => setAttempt((tries) => tries + 1), RETRY_MS);
      });
    return () => {
      stop.abort();
      clearTimeout(retry);
    };
    // A new version is what there is to read; the cursor comes with it.
  }, [live.roadMap, organisation, seen, version, attempt]);
  const entries = useMemo(() => {
    if (!state || !found || found.after !== seen) return [];
    const followed = keysOf(state, interests);
    const isFollowed = ({ author, subjects }: ToldFragment) =>
      author !== organisation && (followed === undefined || subjects.some((subject) => followed.has(subject)));
    return found.events.filter(isFollowed).reverse();
  }, [state, found, seen, interests, organisation]);
  return { interests, entries, isRead: found !== undefined && found.after === seen };
}

async function read(roadMap: string, seen: string, signal: AbortSignal): Promise<readonly ToldFragment[]> {
  const events: ToldFragment[] = [];
  let after = seen;
  for (;;) {
    const answer: EventsAfterQuery = await ask(EventsAfterDocument, { roadMap, after }, signal);
    if (!answer.roadMap) return events;
    events.push(...answer.roadMap.events.edges.map(({ node }) => node));
    const { hasNextPage, endCursor } = answer.roadMap.events.pageInfo;
    if (!hasNextPage || endCursor === null) return events;
    after = endCursor;
  }
}

/** The keys whose events are of interest; none for all of them. */
function keysOf(state: State, { strands, actions, leads }: Interests): ReadonlySet<string> | undefined {
  if (strands.length === 0 && actions.length === 0 && leads.length === 0) return undefined;
  const column = state.columns.findIndex(({ kind }) => kind === 'ACTORS');
  const keys = new Set([...strands, ...actions]);
  for (const field of state.fields) {
    for (const strand of field.strands) {
      for (const action of strand.actions) {
        if (leadsOf(action, column).some((lead) => leads.includes(lead))) keys.add(action.key);
      }
    }
  }
  return keys;
}
