// Beside the table: where the selected cell stands, how it is understood, who shares it, what is proposed for it, and what
// became of it over time.

import { Button } from 'react-aria-components/Button';
import { Amendments } from '../edit/Amendments';
import { Sharing } from '../edit/Sharing';
import { Understood } from '../edit/Understood';
import { useMessages } from '../messages/messages';
import { keepInterests, useInterests } from '../following/interests';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { type Content, modeOf, type State, type Target } from '../model/roadMap';
import { useDesk } from '../table/desk';
import { History } from '../time/History';
import css from './Panel.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly organisation: string;
  readonly state: State;
  readonly target: Target;
  readonly content: Content | undefined;
}

export function Panel({ live, organisation, state, target, content }: Props) {
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
        <Follow organisation={organisation} roadMap={live.roadMap} action={action.key} />
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

interface FollowProps {
  readonly organisation: string;
  readonly roadMap: string;
  readonly action: string;
}

/** Whether the inbox tells of this action, whatever else it tells of. */
function Follow({ organisation, roadMap, action }: FollowProps) {
  const { say } = useMessages();
  const { actions } = useInterests(organisation, roadMap);
  const isFollowed = actions.includes(action);
  return (
    <Button
      className="plain"
      onPress={() =>
        keepInterests(organisation, roadMap, {
          actions: isFollowed ? actions.filter((one) => one !== action) : [...actions, action],
        })
      }
    >
      {say(isFollowed ? 'panel.unfollow' : 'panel.follow')}
    </Button>
  );
}
