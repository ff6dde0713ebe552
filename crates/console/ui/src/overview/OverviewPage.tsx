// At a glance: how far each field is, how that went over the presidencies, what is due when, who is late or has not moved,
// and who works on it.
// Invariant: every chart is a table, and every count of the present leads to the actions that it counts.

import { useMemo } from 'react';
import { pathOf } from '../app/address';
import { Link } from '../app/Link';
import { useMessages } from '../messages/messages';
import { dueOf } from '../model/filter';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { type Action, actionsOf, type State } from '../model/roadMap';
import { useTimeline } from '../time/timeline';
import { Activity } from './Activity';
import { Bars, type Part } from './Bars';
import { ByLead } from './ByLead';
import { dueColumn, STATES, useParts } from './parts';
import css from './OverviewPage.module.css';
import { type Term, useTerms } from './statistics';

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
  readonly slug: string;
}

export function OverviewPage({ live, state, slug }: Props) {
  const { say } = useMessages();
  const { version } = state.moment;
  const timeline = useTimeline(live.roadMap, version, true);
  const terms = useTerms(live.roadMap, timeline, version);
  return (
    <div className={css.page}>
      <ByField state={state} slug={slug} term={terms?.at(-1)} />
      {terms ? <OverTerms terms={terms} /> : <p>{say('wait')}</p>}
      <DueAxis state={state} />
      <ByLead live={live} state={state} slug={slug} since={terms?.at(-1)?.since} />
      {timeline && <Activity timeline={timeline} />}
    </div>
  );
}

function ByField({ state, slug, term }: { readonly state: State; readonly slug: string; readonly term: Term | undefined }) {
  const { say } = useMessages();
  const parts = useParts();
  const column = dueColumn(state);
  const rows = state.fields.map(({ key, letter, title, strands }) => {
    const actions = strands.flatMap((strand) => strand.actions);
    const found = actions.map((action) => dueOf(action, column));
    return {
      key,
      title: <Link to={pathOf(slug, 'table', new URLSearchParams({ field: letter }))}>{`${letter}. ${title}`}</Link>,
      values: STATES.map((wanted) => found.filter((due) => due === wanted).length),
    };
  });
  const counted = (key: string) => term?.counted.fields.find((field) => field.key === key)?.statistics;
  const beside = [{ title: say('overview.withoutProgress'), values: rows.map(({ key }) => counted(key)?.withoutProgress) }];
  if (term?.since !== undefined) {
    beside.push({
      title: say('overview.leftBehind', { presidency: term.since }),
      values: rows.map(({ key }) => counted(key)?.leftBehind),
    });
  }
  return <Bars caption={say('overview.byField')} heading={say('filter.field')} parts={parts} rows={rows} beside={beside} />;
}

function OverTerms({ terms }: { readonly terms: readonly Term[] }) {
  const { say } = useMessages();
  const parts: readonly Part[] = [
    { tone: 'done', title: say('filter.due.completed') },
    { tone: 'going', title: say('filter.due.ongoing') },
    { tone: 'late', title: say('filter.due.overdue') },
    { tone: 'none', title: say('overview.others') },
  ];
  const rows = terms.map(({ presidency, counted: { statistics } }) => {
    const { actions, completed, ongoing, overdue } = statistics;
    return {
      key: presidency ?? 'now',
      title: presidency === undefined ? say('compare.now') : say('compare.presidency', { presidency }),
      values: [completed, ongoing, overdue, Math.max(0, actions - completed - ongoing - overdue)],
    };
  });
  const beside = [
    { title: say('overview.withoutProgress'), values: terms.map(({ counted }) => counted.statistics.withoutProgress) },
    { title: say('overview.leftBehindBefore'), values: terms.map(({ counted }) => counted.statistics.leftBehind) },
  ];
  return <Bars caption={say('overview.overTerms')} heading={say('overview.moment')} parts={parts} rows={rows} beside={beside} />;
}

/** Deadlines by the half-year of their last day. */
function DueAxis({ state }: { readonly state: State }) {
  const { say } = useMessages();
  const column = dueColumn(state);
  const rows = useMemo(() => {
    const counts = new Map<string, { late: number; open: number }>();
    for (const action of actionsOf(state)) {
      const half = lastHalfYear(action, column);
      if (half === undefined) continue;
      const count = counts.get(half) ?? { late: 0, open: 0 };
      if (dueOf(action, column) === 'overdue') count.late += 1;
      else count.open += 1;
      counts.set(half, count);
    }
    return halvesBetween([...counts.keys()].sort()).map((half) => {
      const { late, open } = counts.get(half) ?? { late: 0, open: 0 };
      return { key: half, title: half, values: [late, open] };
    });
  }, [state, column]);
  if (rows.length === 0) return null;
  const parts: readonly Part[] = [
    { tone: 'late', title: say('filter.due.overdue') },
    { tone: 'open', title: say('overview.notOverdue') },
  ];
  return <Bars caption={say('overview.dueAxis')} heading={say('overview.halfYear')} parts={parts} rows={rows} />;
}

function lastHalfYear(action: Action, column: number): string | undefined {
  const content = action.cells[column]?.cell.content;
  if (content?.__typename !== 'DueContent') return undefined;
  const last = content.terms.flatMap(({ to }) => (to === null ? [] : [to])).sort().at(-1);
  return last === undefined ? undefined : `${last.slice(0, 4)}H${last.slice(5, 7) <= '06' ? 1 : 2}`;
}

/** An axis has no gaps. */
function halvesBetween(halves: readonly string[]): readonly string[] {
  const [first] = halves;
  const last = halves.at(-1);
  if (first === undefined || last === undefined) return [];
  const axis: string[] = [];
  for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)); year += 1) axis.push(`${year}H1`, `${year}H2`);
  return axis.filter((half) => half >= first && half <= last);
}
