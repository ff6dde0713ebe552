// Beside the table: where the selected cell stands, how it is understood, who shares it, what is proposed for it, and what
// became of it over time.

import { Button } from 'react-aria-components/Button';
import { Amendments } from '../edit/Amendments';
import { Sharing } from '../edit/Sharing';
import { Understood } from '../edit/Understood';
import { useMessages } from '../messages/messages';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { type Content, modeOf, type State, type Target } from '../model/roadMap';
import { useDesk } from '../table/desk';
import { History } from '../time/History';
import css from './Panel.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
  readonly target: Target;
  readonly content: Content | undefined;
}

export function Panel({ live, state, target, content }: Props) {
  const { say } = useMessages();
  const desk = useDesk();
  const { action, column } = target;
  const { version } = state.moment;
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
      {content !== undefined && <Understood content={content} />}
      {mode !== undefined && desk.editing === undefined && (
        <p>
          <Button className="primary" onPress={() => desk.edit(target)}>
            {say(mode === 'propose' ? 'panel.propose' : 'panel.edit')}
          </Button>
        </p>
      )}
      {column !== undefined && desk.isEditable && (
        <Sharing key={target.key} live={live} state={state} action={action} column={column} />
      )}
      {column !== undefined && <Amendments live={live} target={target} version={version} isLive={desk.isEditable} />}
      <h3 className={css.subtitle}>{say('history.title')}</h3>
      <History roadMap={live.roadMap} target={target} version={version} />
    </aside>
  );
}
