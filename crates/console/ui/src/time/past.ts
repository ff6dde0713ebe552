// The state at a past moment. While the next one is read the last one stays, so that a slider does not flicker.

import { useEffect, useState } from 'react';
import { RoadMapAtDocument } from '../api/generated';
import { ask, Faulty } from '../api/http';
import type { State } from '../model/roadMap';
import { momentOf } from './moment';

export interface Past {
  readonly at: string;
  readonly state: State | undefined;
  /** Why there is none. */
  readonly fault: string | undefined;
}

/** While a slider moves, only where it rests is read. */
const REST_MS = 120;
const RETRY_MS = 2000;

/** None if `at` is the present; `version` makes it be read anew, since the past can be corrected. */
export function usePast(roadMap: string, at: string | undefined, version: number): Past | undefined {
  const [past, setPast] = useState<Past>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const moment = momentOf(at);
    if (moment === undefined || at === undefined) {
      setPast(undefined);
      return;
    }
    const stop = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        const answer = await ask(RoadMapAtDocument, { roadMap, at: moment }, stop.signal);
        setPast({ at, state: answer.roadMap?.state, fault: undefined });
      } catch (fault) {
        if (stop.signal.aborted) return;
        if (fault instanceof Faulty) setPast({ at, state: undefined, fault: fault.message });
        else retry = setTimeout(() => setAttempt((tries) => tries + 1), RETRY_MS);
      }
    };
    const timer = setTimeout(() => void read(), REST_MS);
    return () => {
      clearTimeout(timer);
      clearTimeout(retry);
      stop.abort();
    };
  }, [roadMap, at, version, attempt]);
  return past;
}
