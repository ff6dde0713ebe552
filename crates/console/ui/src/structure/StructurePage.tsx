// The Presidency's page: what stands where, what is added and removed, the columns, revisions and the end of a term.

import { useMemo, useSyncExternalStore } from 'react';
import { useMessages } from '../messages/messages';
import { gazesOf } from '../model/gazes';
import type { LiveRoadMap } from '../model/liveRoadMap';
import type { Presence } from '../model/presence';
import { allowedOf, type State } from '../model/roadMap';
import { useTimeline } from '../time/timeline';
import { useCommands } from './commands';
import { Columns } from './Columns';
import { Issuing } from './Issuing';
import { NamingContext } from './naming';
import { Outcome } from './Outcome';
import { Branch } from './Outline';
import { outlineOf } from './outline';
import { Removed } from './Removed';
import css from './StructurePage.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
  readonly presence: Presence;
}

export function StructurePage({ live, state, presence }: Props) {
  const { say } = useMessages();
  const commands = useCommands(live);
  const outline = useMemo(() => outlineOf(state), [state]);
  const timeline = useTimeline(live.roadMap, state.moment.version, true);
  const { participants } = useSyncExternalStore(presence.subscribe, presence.snapshot);
  const naming = useMemo(() => ({ presence, gazes: gazesOf(state, participants) }), [presence, state, participants]);
  return (
    <NamingContext value={naming}>
      <div className={css.page}>
        <div className={css.said}>
          <Outcome commands={commands} isFull />
        </div>
        <section className={css.outline} aria-labelledby="structure-outline">
          <h2 id="structure-outline">{say('structure.outline')}</h2>
          <p className={css.hint}>{say('structure.hint')}</p>
          <Branch
            level="field"
            under={undefined}
            allowed={allowedOf(state)}
            items={outline}
            outline={outline}
            commands={commands}
          />
        </section>
        <div className={css.side}>
          <Columns state={state} commands={commands} />
          <Issuing timeline={timeline} commands={commands} />
          {timeline && <Removed live={live} state={state} timeline={timeline} commands={commands} />}
        </div>
      </div>
    </NamingContext>
  );
}
