// A road map: its heading, the pages about it, and the live state that they share.

import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { CapacitiesDocument } from '../api/generated';
import { ask } from '../api/http';
import { LiveRoadMap } from '../model/liveRoadMap';
import { useMessages } from '../messages/messages';
import { Presence } from '../model/presence';
import { type Page, pathOf, usePlace } from './address';
import type { Listed } from './App';
import { Frame } from './Frame';
import { Link } from './Link';
import css from './RoadMapPage.module.css';
import { ComparePage } from '../compare/ComparePage';
import { FollowingPage } from '../following/FollowingPage';
import { useInbox } from '../following/inbox';
import { useDesktopNotice } from '../following/notify';
import { OverviewPage } from '../overview/OverviewPage';
import { StructurePage } from '../structure/StructurePage';
import { TablePage } from './TablePage';

interface Props {
  readonly listed: Listed;
  readonly organisation: string;
}

export function RoadMapPage({ listed, organisation }: Props) {
  const { say } = useMessages();
  const { page, query } = usePlace();
  const live = useMemo(() => new LiveRoadMap(listed.id), [listed.id]);
  useEffect(() => live.start(), [live]);
  const presence = useMemo(() => new Presence(listed.id), [listed.id]);
  useEffect(() => presence.start(), [presence]);
  const { count } = useSyncExternalStore(presence.subscribe, presence.snapshot);
  const snapshot = useSyncExternalStore(live.subscribe, live.snapshot);
  const { state, status } = snapshot;
  const title = state?.title ?? listed.state.title;
  const marking = state?.marking ?? listed.state.marking;
  useEffect(() => {
    document.title = `${title} · Roadbook`;
  }, [title]);
  const at = query.get('at');
  const kept = new URLSearchParams(at === null ? {} : { at });
  const isArranging = useArranging(listed.id, snapshot.rights);
  const inbox = useInbox(live, state, organisation);
  useDesktopNotice(inbox, title);
  const pages: readonly Page[] = ['table', 'compare', 'overview', 'following', ...(isArranging ? (['structure'] as const) : [])];
  return (
    <Frame isLive>
      <p className={css.marking} data-page={page}>
        {marking}
      </p>
      <div className={css.heading}>
        <h1 className={css.title}>{title}</h1>
        {count !== undefined && <p className={css.present}>{say('presence.count', { count })}</p>}
        <nav className={css.pages} aria-label={say('pages.title')}>
          {pages.map((name) => (
            <Link key={name} to={pathOf(listed.slug, name, kept)} current={name === page} className={css.page}>
              {say(`pages.${name}`)}
              {name === 'following' && inbox.entries.length > 0 && (
                <span className={css.count}>{say('following.count', { count: inbox.entries.length })}</span>
              )}
            </Link>
          ))}
        </nav>
      </div>
      {status === 'gone' && (
        <p className="message" role="alert">
          {say('roadMap.gone')}
        </p>
      )}
      {status === 'loading' && (
        <p className="message" role="status">
          {say('wait')}
        </p>
      )}
      {state && page === 'structure' && isArranging && <StructurePage live={live} state={state} presence={presence} />}
      {state && page === 'structure' && isArranging === false && <p className="message">{say('structure.notYours')}</p>}
      {state && page === 'following' && (
        <FollowingPage roadMap={live.roadMap} slug={listed.slug} organisation={organisation} state={state} inbox={inbox} />
      )}
      {state && page === 'overview' && <OverviewPage live={live} state={state} slug={listed.slug} />}
      {state && page === 'compare' && <ComparePage live={live} state={state} />}
      {state && page === 'table' && <TablePage live={live} state={state} snapshot={snapshot} presence={presence} organisation={organisation} />}
    </Frame>
  );
}

/** Whether one may arrange the road map: the Presidency and the Secretariat do. Undefined until it is known. */
function useArranging(roadMap: string, rights: number): boolean | undefined {
  const [isArranging, setArranging] = useState<boolean>();
  useEffect(() => {
    const stop = new AbortController();
    ask(CapacitiesDocument, { roadMap }, stop.signal)
      .then(({ viewer: { capacities } }) =>
        setArranging(capacities.some((capacity) => capacity === 'PRESIDENCY' || capacity === 'SECRETARIAT')),
      )
      .catch(() => {
        // The server judges each command in any case.
      });
    return () => stop.abort();
  }, [roadMap, rights]);
  return isArranging;
}
