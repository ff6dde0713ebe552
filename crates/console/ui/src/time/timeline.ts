// What happened to a road map over time, read page by page when it is first asked for, and continued from there.

import { useEffect, useState } from 'react';
import { TimelineDocument, type TimelineQuery } from '../api/generated';
import { ask } from '../api/http';

type Found = NonNullable<TimelineQuery['roadMap']>;
export type TimelineEvent = Found['events']['edges'][number]['node'];

export interface Timeline {
  readonly events: readonly TimelineEvent[];
  readonly revisions: readonly Found['revisions']['edges'][number]['node'][];
  readonly seals: readonly Found['seals']['edges'][number]['node'][];
}

/** The timeline up to a version of the road map; none until it was read. */
export function useTimeline(roadMap: string, version: number, isWanted: boolean): Timeline | undefined {
  const [timeline, setTimeline] = useState<Timeline>();
  useEffect(() => {
    if (!isWanted) return;
    const stop = new AbortController();
    read(roadMap, stop.signal)
      .then(setTimeline)
      .catch(() => {
        // It stays as it was: the page says by itself that the server cannot be reached.
      });
    return () => stop.abort();
  }, [roadMap, version, isWanted]);
  return timeline;
}

async function read(roadMap: string, signal: AbortSignal): Promise<Timeline> {
  const events: TimelineEvent[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: TimelineQuery = await ask(TimelineDocument, { roadMap, after }, signal);
    if (!answer.roadMap) return { events: [], revisions: [], seals: [] };
    events.push(...answer.roadMap.events.edges.map(({ node }) => node));
    const { hasNextPage, endCursor } = answer.roadMap.events.pageInfo;
    if (!hasNextPage || endCursor === null) {
      const { revisions, seals } = answer.roadMap;
      return {
        events,
        revisions: revisions.edges.map(({ node }) => node),
        seals: seals.edges.map(({ node }) => node),
      };
    }
    after = endCursor;
  }
}
