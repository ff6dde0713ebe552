// How much each organisation has changed, over all and since the last presidency that was closed.
// Invariant: what was done in one edit counts once.

import { useMemo } from 'react';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import type { Timeline } from '../time/timeline';
import { Bars, type Part } from './Bars';

const AUTHORS_SHOWN = 30;

export function Activity({ timeline }: { readonly timeline: Timeline }) {
  const messages = useMessages();
  const { say } = messages;
  const last = timeline.seals.at(-1);
  const rows = useMemo(() => counted(timeline), [timeline]);
  if (rows.length === 0) return null;
  const parts: readonly Part[] = last
    ? [
        { tone: 'going', title: say('overview.editsSince', { presidency: last.presidency }) },
        { tone: 'none', title: say('overview.editsBefore') },
      ]
    : [{ tone: 'going', title: say('overview.edits') }];
  return (
    <Bars
      caption={say('overview.activity')}
      heading={say('overview.organisation')}
      parts={parts}
      rows={rows.map(([author, values]) => ({
        key: author,
        title: organisationName(author, messages),
        values: last ? values : [values[0] + values[1]],
      }))}
    />
  );
}

/** By author the edits since the last closed presidency and those before, who edited most first. */
function counted({ events, seals }: Timeline): readonly (readonly [string, readonly [number, number]])[] {
  const sealed = seals.at(-1)?.version ?? 0;
  const edits = new Map<string, [number, number]>();
  const seen = new Set<number>();
  for (const { author, batch, version } of events) {
    const edit = batch;
    if (seen.has(edit)) continue;
    seen.add(edit);
    const counts = edits.get(author) ?? [0, 0];
    counts[version > sealed ? 0 : 1] += 1;
    edits.set(author, counts);
  }
  return [...edits]
    .sort(([a, m], [b, n]) => n[0] + n[1] - m[0] - m[1] || a.localeCompare(b))
    .slice(0, AUTHORS_SHOWN);
}
