// What one follows, and what happened to it since one last looked.

import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { pathOf } from '../app/address';
import { Link } from '../app/Link';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import { leads as leadsOf } from '../model/filter';
import { actionsOf, type State } from '../model/roadMap';
import type { Inbox } from './inbox';
import { keepInterests } from './interests';
import css from './FollowingPage.module.css';

interface Props {
  readonly roadMap: string;
  readonly slug: string;
  readonly organisation: string;
  readonly state: State;
  readonly inbox: Inbox;
}

export function FollowingPage({ roadMap, slug, organisation, state, inbox }: Props) {
  const messages = useMessages();
  const { say } = messages;
  const { interests, entries, isRead } = inbox;
  const actions = useMemo(() => new Set([...actionsOf(state)].map(({ key }) => key)), [state]);
  const keep = (change: Parameters<typeof keepInterests>[2]) => keepInterests(organisation, roadMap, change);
  return (
    <div className={css.page}>
      <section className={css.inbox} aria-labelledby="following-inbox">
        <div className={css.heading}>
          <h2 id="following-inbox">{say('following.inbox')}</h2>
          {entries.length > 0 && (
            <Button className="primary" onPress={() => keep({ seen: state.moment.cursor })}>
              {say('following.seen')}
            </Button>
          )}
        </div>
        {isRead && entries.length === 0 && <p className={css.none}>{say('following.none')}</p>}
        <ol className={css.entries}>
          {entries.map((entry) => (
            <li key={entry.version}>
              <p className={css.what}>
                <Entry entry={entry} actions={actions} slug={slug} />
              </p>
              <p className={css.who}>
                {organisationName(entry.author, messages)}, {messages.instant(entry.recordedAt)}
              </p>
            </li>
          ))}
        </ol>
      </section>
      <section className={css.choice} aria-labelledby="following-choice">
        <h2 id="following-choice">{say('following.choice')}</h2>
        <p className={css.none}>{say('following.hint')}</p>
        <Notices />
        <Choices
          legend={say('filter.strand')}
          chosen={interests.strands}
          choices={state.fields.flatMap(({ strands }) => strands.map(({ key, label, title }) => [key, `${label} ${title}`] as const))}
          onChange={(strands) => keep({ strands })}
        />
        {interests.actions.length > 0 && (
          <Choices
            legend={say('table.actions')}
            chosen={interests.actions}
            choices={[...actionsOf(state)]
              .filter(({ key }) => interests.actions.includes(key))
              .map(({ key, label, text }) => [key, `${label} ${text}`] as const)}
            onChange={(actions) => keep({ actions })}
          />
        )}
        <Leads state={state} chosen={interests.leads} onChange={(leads) => keep({ leads })} />
      </section>
    </div>
  );
}

interface EntryProps {
  readonly entry: Inbox['entries'][number];
  /** The keys of the actions that are there. */
  readonly actions: ReadonlySet<string>;
  readonly slug: string;
}

/** What happened, and the way to where it did if that is still there. */
function Entry({ entry: { summary, subjects }, actions, slug }: EntryProps) {
  const cell = subjects.find((key) => actions.has(key));
  if (cell === undefined) return summary;
  return <Link to={pathOf(slug, 'table', new URLSearchParams({ cell }))}>{summary}</Link>;
}

interface LeadsProps {
  readonly state: State;
  readonly chosen: readonly string[];
  readonly onChange: (leads: readonly string[]) => void;
}

function Leads({ state, chosen, onChange }: LeadsProps) {
  const messages = useMessages();
  const names = useMemo(() => {
    const column = state.columns.findIndex(({ kind }) => kind === 'ACTORS');
    return [...new Set([...actionsOf(state)].flatMap((action) => leadsOf(action, column)))].sort();
  }, [state]);
  return (
    <Choices
      legend={messages.say('overview.lead')}
      chosen={chosen}
      choices={names.map((name) => [name, organisationName(name, messages)] as const)}
      onChange={onChange}
    />
  );
}

interface ChoicesProps {
  readonly legend: string;
  readonly chosen: readonly string[];
  readonly choices: readonly (readonly [string, string])[];
  readonly onChange: (chosen: readonly string[]) => void;
}

function Choices({ legend, chosen, choices, onChange }: ChoicesProps) {
  return (
    <fieldset className={css.choices}>
      <legend>{legend}</legend>
      {choices.map(([key, text]) => (
        <label key={key}>
          <input
            type="checkbox"
            checked={chosen.includes(key)}
            onChange={({ target }) => onChange(target.checked ? [...chosen, key] : chosen.filter((one) => one !== key))}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** Asks for leave to show a notice of the desktop, once, and only when it is asked for. */
function Notices() {
  const { say } = useMessages();
  const [permission, setPermission] = useState(() => ('Notification' in globalThis ? Notification.permission : 'denied'));
  if (permission === 'denied') return null;
  if (permission === 'granted') return <p className={css.none}>{say('following.noticesOn')}</p>;
  return (
    <Button className="plain" onPress={() => void Notification.requestPermission().then(setPermission)}>
      {say('following.notices')}
    </Button>
  );
}
