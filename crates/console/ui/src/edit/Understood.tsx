// What a deadline or a list of actors is understood as: of a cell as it stands, and of a text while it is typed.
// Invariant: how a text is understood is the server's affair; nothing is read here.

import { useEffect, useState } from 'react';
import { type DueKind, UnderstoodDocument } from '../api/generated';
import { ask } from '../api/http';
import { type Messages, useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import type { Column, Content } from '../model/roadMap';
import css from './Understood.module.css';

type Due = Extract<Content, { readonly __typename: 'DueContent' }>;
type Actors = Extract<Content, { readonly __typename: 'ActorsContent' }>;

const OPEN: ReadonlySet<DueKind> = new Set(['ONGOING', 'COMPLETED']);
/** What is typed is asked for once the fingers rest. */
const REST_MS = 200;

export function Understood({ content }: { readonly content: Content }) {
  const messages = useMessages();
  const lines = linesOf(content, messages);
  if (lines.length === 0) return null;
  return (
    <ul className={css.terms}>
      {lines.map((line, at) => (
        <li key={at}>{line}</li>
      ))}
    </ul>
  );
}

interface PreviewProps {
  readonly kind: Column['kind'];
  readonly text: string;
}

/** The same of a text that is being typed. */
export function Preview({ kind, text }: PreviewProps) {
  const [content, setContent] = useState<Content>();
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      ask(UnderstoodDocument, { kind, text }, stop.signal)
        .then(({ understood }) => setContent(understood))
        .catch(() => {
          // Without a server, or for a text that it would refuse, nothing is said beforehand.
          if (!stop.signal.aborted) setContent(undefined);
        });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [kind, text]);
  return <div role="status">{content && <Understood content={content} />}</div>;
}

function linesOf(content: Content, messages: Messages): readonly string[] {
  if (content.__typename === 'DueContent') return ofDue(content, messages);
  if (content.__typename === 'ActorsContent') return ofActors(content, messages);
  return [];
}

function ofDue({ terms }: Due, { say, day }: Messages): readonly string[] {
  if (terms.length === 0) return [say('due.notUnderstood')];
  return terms.map(({ kind, from, to }) => {
    if (OPEN.has(kind) || to === null) return say(kind === 'COMPLETED' ? 'due.completed' : 'due.ongoing');
    if (from === null || from === to) return say('due.on', { day: day(to) });
    return say('due.between', { from: day(from), to: day(to) });
  });
}

function ofActors({ lead, others }: Actors, messages: Messages): readonly string[] {
  const { say } = messages;
  const named = (list: Actors['lead']) =>
    list.map(({ printed, organisation }) => (organisation === null ? printed : organisationName(organisation, messages))).join(', ');
  return [
    ...(lead.length > 0 ? [say('actors.lead', { names: named(lead) })] : []),
    ...(others.length > 0 ? [say('actors.others', { names: named(others) })] : []),
  ];
}
