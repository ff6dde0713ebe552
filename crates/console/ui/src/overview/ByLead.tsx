// Who leads what is overdue, and what nobody has touched since the last presidency that was closed.
// Invariant: an action counts for each of its leads, and what is left behind is counted by the server.

import { useEffect, useMemo, useState } from 'react';
import { LeftBehindDocument } from '../api/generated';
import { ask } from '../api/http';
import { pathOf } from '../app/address';
import { Link } from '../app/Link';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import { dueOf, leads } from '../model/filter';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { type Action, actionsOf, type State } from '../model/roadMap';
import { Bars, type Part } from './Bars';
import { dueColumn, STATES, useParts } from './parts';

const LEADS_SHOWN = 20;

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
  readonly slug: string;
  /** The presidency since whose end those left behind are counted; none if none was closed. */
  readonly since: string | undefined;
}

export function ByLead({ live, state, slug, since }: Props) {
  const messages = useMessages();
  const { say } = messages;
  const parts = useParts();
  const behind = useLeftBehind(live.roadMap, since, state.moment.version);
  const due = dueColumn(state);
  const late = useMemo(() => byLead(state, STATES, (action) => dueOf(action, due) ?? 'none', 'overdue'), [state, due]);
  const left = useMemo(
    () => (behind ? byLead(state, ['behind', 'moved'], ({ key }) => (behind.has(key) ? 'behind' : 'moved'), 'behind') : []),
    [state, behind],
  );
  const rows = (counted: readonly (readonly [string, readonly number[]])[]) =>
    counted.map(([lead, values]) => ({
      key: lead,
      title: <Link to={pathOf(slug, 'table', new URLSearchParams({ actor: lead }))}>{organisationName(lead, messages)}</Link>,
      values,
    }));
  const ofLeft: readonly Part[] = [
    { tone: 'late', title: say('overview.leftBehind', { presidency: since ?? '' }) },
    { tone: 'open', title: say('overview.changedSince') },
  ];
  return (
    <>
      {late.length > 0 && <Bars caption={say('overview.byLead')} heading={say('overview.lead')} parts={parts} rows={rows(late)} />}
      {left.length > 0 && <Bars caption={say('overview.leftByLead')} heading={say('overview.lead')} parts={ofLeft} rows={rows(left)} />}
    </>
  );
}

/** For each lead how many of its actions are in each state, those with most in the state that matters first. */
function byLead<S extends string>(
  state: State,
  states: readonly S[],
  of: (action: Action) => S,
  first: S,
): readonly (readonly [string, readonly number[]])[] {
  const actors = state.columns.findIndex(({ kind }) => kind === 'ACTORS');
  const counts = new Map<string, number[]>();
  for (const action of actionsOf(state)) {
    const at = states.indexOf(of(action));
    for (const lead of new Set(leads(action, actors))) {
      const values = counts.get(lead) ?? states.map(() => 0);
      values[at] = (values[at] ?? 0) + 1;
      counts.set(lead, values);
    }
  }
  const matters = states.indexOf(first);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return [...counts]
    .sort(([a, m], [b, n]) => (n[matters] ?? 0) - (m[matters] ?? 0) || sum(n) - sum(m) || a.localeCompare(b))
    .slice(0, LEADS_SHOWN);
}

/** The keys of the actions that nobody has changed since the end of a presidency. */
function useLeftBehind(roadMap: string, since: string | undefined, version: number): ReadonlySet<string> | undefined {
  const [behind, setBehind] = useState<ReadonlySet<string>>();
  useEffect(() => {
    if (since === undefined) return;
    const stop = new AbortController();
    ask(LeftBehindDocument, { roadMap, since }, stop.signal)
      .then((answer) => {
        const strands = answer.roadMap?.state.fields.flatMap(({ strands: below }) => below) ?? [];
        const actions = strands.flatMap((strand) => strand.actions);
        setBehind(new Set(actions.flatMap(({ key, leftBehind }) => (leftBehind ? [key] : []))));
      })
      .catch(() => {
        // What was counted stays; the frame says that the connection is lost.
      });
    return () => stop.abort();
  }, [roadMap, since, version]);
  return behind;
}
