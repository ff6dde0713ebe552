// The counts of a road map at the end of each presidency that was closed, and now.

import { useEffect, useState } from 'react';
import { OverviewDocument, type OverviewQuery } from '../api/generated';
import { ask } from '../api/http';
import type { Timeline } from '../time/timeline';

export type Counted = NonNullable<OverviewQuery['roadMap']>['state'];

export interface Term {
  /** The presidency at whose end it was so; none for now. */
  readonly presidency: string | undefined;
  /** The presidency since whose end those left behind are counted. */
  readonly since: string | undefined;
  readonly counted: Counted;
}

export function useTerms(roadMap: string, timeline: Timeline | undefined, version: number): readonly Term[] | undefined {
  const [terms, setTerms] = useState<readonly Term[]>();
  useEffect(() => {
    if (!timeline) return;
    const stop = new AbortController();
    read(roadMap, timeline, stop.signal)
      .then(setTerms)
      .catch(() => {
        // What was counted stays; the frame says that the connection is lost.
      });
    return () => stop.abort();
  }, [roadMap, timeline, version]);
  return terms;
}

async function read(roadMap: string, { seals }: Timeline, signal: AbortSignal): Promise<readonly Term[]> {
  const moments = [...seals.map(({ presidency }) => presidency), undefined];
  const found = await Promise.all(
    moments.map(async (presidency, nth) => {
      const since = moments[nth - 1];
      const at = presidency === undefined ? null : { presidency: { key: presidency } };
      const answer = await ask(
        OverviewDocument,
        { roadMap, at, since: since ?? '', hasSince: since !== undefined },
        signal,
      );
      return answer.roadMap ? [{ presidency, since, counted: answer.roadMap.state }] : [];
    }),
  );
  return found.flat();
}
