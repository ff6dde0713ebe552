// The road map's history cut into steps: what was recorded together is one.
// Invariant: a step is shown by the version of its last event, so that no half of an edit is ever seen.

import type { State } from '../model/roadMap';
import { dayOf } from './moment';
import type { Timeline, TimelineEvent } from './timeline';

export interface Step {
  /** That of its last event. */
  readonly version: number;
  readonly events: readonly TimelineEvent[];
}

export function stepsOf({ events }: Pick<Timeline, 'events'>): readonly Step[] {
  const steps: { version: number; events: TimelineEvent[] }[] = [];
  for (const event of events) {
    const last = steps.at(-1);
    if (last?.version === event.batch) last.events.push(event);
    else steps.push({ version: event.batch, events: [event] });
  }
  return steps;
}

/** Which step the moment shown is at: by its version, or as the last that had taken effect on a day; -1 if none had. */
export function placeOf(steps: readonly Step[], at: string | undefined, day: string): number {
  const version = /^v(\d+)$/u.exec(at ?? '')?.[1];
  if (version !== undefined) return steps.findLastIndex((step) => step.version <= Number(version));
  return steps.findLastIndex(({ events }) => events.every(({ effectiveAt }) => dayOf(effectiveAt) <= day));
}

/** The step that an address names by its version; none if it names another kind of moment. */
export function stepAt(timeline: Pick<Timeline, 'events'> | undefined, at: string | undefined): Step | undefined {
  if (timeline === undefined || !/^v\d+$/u.test(at ?? '')) return undefined;
  const steps = stepsOf(timeline);
  return steps[placeOf(steps, at, '')];
}

/** The keys of the cells and wordings that a step changed, as far as they are in a state. */
export function changedBy({ events }: Step, state: State): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { subjects } of events) {
    const named = new Set(subjects);
    const places = state.columns.flatMap(({ key }, place) => (named.has(key) ? [place] : []));
    for (const { strands } of state.fields) {
      for (const { actions } of strands) {
        for (const action of actions) {
          if (!named.has(action.key)) continue;
          if (places.length === 0) keys.add(action.key);
          for (const place of places) keys.add(action.cells[place]?.cell.key ?? action.key);
        }
      }
    }
  }
  return keys;
}
