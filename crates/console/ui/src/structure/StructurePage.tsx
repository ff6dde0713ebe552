// The Presidency's page: what stands where, what is added and removed, the columns, revisions and the end of a term.

import { useMemo } from 'react';
import { useMessages } from '../messages/messages';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { allowedOf, type State } from '../model/roadMap';
import { useTimeline } from '../time/timeline';
import { useCommands } from './commands';
import { Columns } from './Columns';
import { Issuing } from './Issuing';
import { Outcome } from './Outcome';
import { Branch } from './Outline';
import { outlineOf } from './outline';
import { Removed } from './Removed';
import css from './StructurePage.module.css';

export function StructurePage({ live, state }: { readonly live: LiveRoadMap; readonly state: State }) {
  const { say } = useMessages();
  const commands = useCommands(live);
  const outline = useMemo(() => outlineOf(state), [state]);
  const timeline = useTimeline(live.roadMap, state.moment.version, true);
  return (
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
  );
}
