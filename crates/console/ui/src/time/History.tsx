// What became of one cell or wording: who changed it, when, from what to what, newest first.

import { useEffect, useState } from 'react';
import { CellHistoryDocument, type CellHistoryQuery, SubjectHistoryDocument } from '../api/generated';
import { ask } from '../api/http';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import type { Target } from '../model/roadMap';
import { difference } from '../model/words';
import { Words } from '../table/Words';
import css from './History.module.css';

interface Entry {
  readonly version: number;
  readonly author: string;
  readonly onBehalfOf: string | null;
  readonly recordedAt: string;
  readonly effectiveAt: string;
  readonly reason: string | null;
  readonly source: string | null;
  readonly summary: string;
  readonly change: { readonly before: string; readonly after: string } | undefined;
}

interface Props {
  readonly roadMap: string;
  readonly target: Target;
  /** The version up to which it is told. */
  readonly version: number;
}

export function History({ roadMap, target, version }: Props) {
  const messages = useMessages();
  const { say } = messages;
  const [found, setFound] = useState<{ readonly key: string; readonly entries: readonly Entry[] }>();
  const { key, column } = target;
  const isWording = column === undefined;
  useEffect(() => {
    const stop = new AbortController();
    const read = isWording ? ofWording(roadMap, key, stop.signal) : ofCell(key, stop.signal);
    read
      .then((entries) => setFound({ key, entries: entries.filter((entry) => entry.version <= version).reverse() }))
      .catch(() => {
        // What was found stays.
      });
    return () => stop.abort();
  }, [roadMap, key, isWording, version]);
  const entries = found?.key === key ? found.entries : undefined;
  if (entries === undefined) return <p className={css.note}>{say('wait')}</p>;
  if (entries.length === 0) return <p className={css.note}>{say('history.none')}</p>;
  return (
    <ol className={css.list} reversed>
      {entries.map((entry) => (
        <li key={entry.version} className={css.entry}>
          <p className={css.who}>
            <strong>{organisationName(entry.author, messages)}</strong>
            {entry.onBehalfOf !== null && ` ${say('history.behalf', { who: organisationName(entry.onBehalfOf, messages) })}`}
            {', '}
            {say('history.when', { effective: messages.dayOf(entry.effectiveAt), recorded: messages.instant(entry.recordedAt) })}
          </p>
          {entry.change ? (
            <div className={css.change}>
              <Words pieces={difference(entry.change.before, entry.change.after)} />
              {entry.change.after === '' && <span className={css.note}>{say('history.emptied')}</span>}
            </div>
          ) : (
            <p className={css.change}>{entry.summary}</p>
          )}
          {entry.reason !== null && <p className={css.note}>{entry.reason}</p>}
          {entry.source !== null && <p className={css.note}>{entry.source}</p>}
        </li>
      ))}
    </ol>
  );
}

type Told = NonNullable<Extract<CellHistoryQuery['node'], { readonly __typename: 'Cell' }>>['history']['edges'][number]['node'];

function entryOf(event: Omit<Told, '__typename'>, change: Entry['change']): Entry {
  const { version, author, onBehalfOf, recordedAt, effectiveAt, reason, source, summary } = event;
  return { version, author, onBehalfOf, recordedAt, effectiveAt, reason, source, summary, change };
}

async function ofCell(cell: string, signal: AbortSignal): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: CellHistoryQuery = await ask(CellHistoryDocument, { cell, after }, signal);
    const { node } = answer;
    if (node?.__typename !== 'Cell') return entries;
    for (const { node: event } of node.history.edges) {
      const change =
        event.__typename === 'CellSet' ? { before: event.before?.printed ?? '', after: event.after.printed } : undefined;
      entries.push(entryOf(event, change));
    }
    const { hasNextPage, endCursor }: { readonly hasNextPage: boolean; readonly endCursor: string | null } = node.history.pageInfo;
    if (!hasNextPage || endCursor === null) return entries;
    after = endCursor;
  }
}

/** An action's own events; those of its cells have the same subject, and are told by their cells. */
const OWN = new Set(['Added', 'Retitled', 'Moved', 'Removed', 'Restored']);

async function ofWording(roadMap: string, subject: string, signal: AbortSignal): Promise<readonly Entry[]> {
  const answer = await ask(SubjectHistoryDocument, { roadMap, subject }, signal);
  const events = answer.roadMap?.events.edges.map(({ node }) => node) ?? [];
  return events
    .filter(({ __typename }) => OWN.has(__typename))
    .map((event) => {
      const change =
        event.__typename === 'Retitled' ? { before: event.wordsBefore ?? '', after: event.wordsAfter ?? '' } : undefined;
      return entryOf(event, change);
    });
}
