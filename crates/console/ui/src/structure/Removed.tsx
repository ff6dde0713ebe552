// What was removed and can be brought back to where it stood.

import { useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { CompareDocument } from '../api/generated';
import { ask } from '../api/http';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { actionsOf, type State } from '../model/roadMap';
import type { Timeline, TimelineEvent } from '../time/timeline';
import type { Commands } from './commands';
import css from './StructurePage.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
  readonly timeline: Timeline;
  readonly commands: Commands;
}

/** Older ones are found by looking at the past. */
const SHOWN_MAX = 20;

interface Gone {
  readonly event: TimelineEvent;
  readonly key: string;
  /** The last version before the batch that removed it. */
  readonly before: number;
}

export function Removed({ live, state, timeline, commands }: Props) {
  const { say } = useMessages();
  const gone = useMemo(() => goneOf(state, timeline), [state, timeline]);
  return (
    <section className={css.box} aria-labelledby="structure-removed">
      <h2 id="structure-removed">{say('structure.removed')}</h2>
      {gone.length === 0 && <p className={css.hint}>{say('structure.noneRemoved')}</p>}
      <ul className={css.list}>
        {gone.map((one) => (
          <Entry key={one.key} live={live} gone={one} commands={commands} />
        ))}
      </ul>
    </section>
  );
}

function Entry({ live, gone: { event, key, before }, commands }: { readonly live: LiveRoadMap; readonly gone: Gone; readonly commands: Commands }) {
  const messages = useMessages();
  const { say } = messages;
  const title = useTitle(live.roadMap, key, before, event.batch) ?? event.summary;
  return (
    <li>
      <p className={css.name}>{title}</p>
      <p className={css.hint}>
        {say('structure.removedBy', { who: organisationName(event.author, messages), when: messages.instant(event.recordedAt) })}
      </p>
      <Button
        className="plain"
        aria-label={say('structure.restoreOf', { title })}
        isDisabled={commands.isBusy}
        onPress={() => void commands.run({ restore: { subject: key } })}
      >
        {say('structure.restore')}
      </Button>
    </li>
  );
}

function goneOf(state: State, { events }: Timeline): readonly Gone[] {
  const present = new Set<string>([...actionsOf(state)].map(({ key }) => key));
  for (const { key } of state.columns) present.add(key);
  for (const field of state.fields) {
    present.add(field.key);
    for (const { key } of field.strands) present.add(key);
  }
  const found = new Map<string, Gone>();
  for (const event of events) {
    const [key] = event.subjects;
    if (event.__typename !== 'Removed' || key === undefined || present.has(key)) continue;
    const before = events.findLast(({ batch }) => batch < event.batch)?.version ?? 0;
    found.set(key, { event, key, before });
  }
  return [...found.values()].reverse().slice(0, SHOWN_MAX);
}

/** What it was called: read from the difference that its removal made. */
function useTitle(roadMap: string, key: string, before: number, version: number): string | undefined {
  const [title, setTitle] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    ask(CompareDocument, { roadMap, from: { version: before }, to: { version } }, stop.signal)
      .then((answer) => {
        const change = answer.roadMap?.compare.changes.edges.find(({ node }) => node.subject === key)?.node;
        const was = change?.before;
        if (was?.__typename === 'Action') setTitle(`${was.label} ${was.text}`);
        else if (was?.__typename === 'Strand') setTitle(`${was.label} ${was.title}`);
        else if (was?.__typename === 'Field') setTitle(`${was.letter}. ${was.title}`);
        else if (was?.__typename === 'Column') setTitle(was.heading);
      })
      .catch(() => {
        // The summary stands in its place.
      });
    return () => stop.abort();
  }, [roadMap, key, before, version]);
  return title;
}
