// Beside the table: where the selected cell stands, how its deadline is understood, and what became of it over time.

import { Button } from 'react-aria-components/Button';
import type { DueKind } from '../api/generated';
import { Amendments } from '../edit/Amendments';
import { useMessages } from '../messages/messages';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { type Content, modeOf, type Target } from '../model/roadMap';
import { useDesk } from '../table/desk';
import { History } from '../time/History';
import css from './Panel.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly target: Target;
  readonly content: Content | undefined;
  readonly version: number;
}

export function Panel({ live, target, content, version }: Props) {
  const { say } = useMessages();
  const desk = useDesk();
  const { action, column } = target;
  const mode = desk.isEditable ? modeOf(target) : undefined;
  return (
    <aside className={css.panel} aria-label={say('panel.title')}>
      <header className={css.header}>
        <h2 className={css.title}>
          {action.label} <span>{column?.heading ?? say('table.actions')}</span>
        </h2>
        <Button className="plain" onPress={() => desk.select(undefined)}>
          {say('panel.close')}
        </Button>
      </header>
      {column !== undefined && <p className={css.action}>{action.text}</p>}
      {content?.__typename === 'DueContent' && <Understood content={content} />}
      {mode !== undefined && desk.editing === undefined && (
        <p>
          <Button className="primary" onPress={() => desk.edit(target)}>
            {say(mode === 'propose' ? 'panel.propose' : 'panel.edit')}
          </Button>
        </p>
      )}
      {column !== undefined && <Amendments live={live} target={target} version={version} isLive={desk.isEditable} />}
      <h3 className={css.subtitle}>{say('history.title')}</h3>
      <History roadMap={live.roadMap} target={target} version={version} />
    </aside>
  );
}

type Due = Extract<Content, { readonly __typename: 'DueContent' }>;

const OPEN: ReadonlySet<DueKind> = new Set(['ONGOING', 'COMPLETED']);

function Understood({ content }: { readonly content: Due }) {
  const { say, day } = useMessages();
  if (content.terms.length === 0) return <p className={css.note}>{say('due.notUnderstood')}</p>;
  return (
    <ul className={css.terms}>
      {content.terms.map(({ kind, from, to }, at) => (
        <li key={at}>
          {OPEN.has(kind) || from === null || to === null
            ? say(kind === 'COMPLETED' ? 'due.completed' : 'due.ongoing')
            : from === to
              ? say('due.on', { day: day(to) })
              : say('due.between', { from: day(from), to: day(to) })}
        </li>
      ))}
    </ul>
  );
}
