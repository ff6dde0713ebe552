// Issuing a revision, and closing a presidency whose term has ended.

import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { useMessages } from '../messages/messages';
import { today } from '../time/moment';
import type { Timeline } from '../time/timeline';
import type { Commands } from './commands';
import css from './StructurePage.module.css';

interface Props {
  readonly timeline: Timeline | undefined;
  readonly commands: Commands;
}

export function Issuing({ timeline, commands }: Props) {
  return (
    <>
      <IssueRevision timeline={timeline} commands={commands} />
      <ClosePresidency timeline={timeline} commands={commands} />
    </>
  );
}

function IssueRevision({ timeline, commands }: Props) {
  const { say, day } = useMessages();
  const [number, setNumber] = useState('');
  const [date, setDate] = useState(today);
  const [previous, setPrevious] = useState('');
  const issue = async () => {
    if (number.trim() === '') return;
    const supersedes = timeline?.revisions.at(-1)?.number ?? null;
    const previousDocument = previous.trim() === '' ? null : previous;
    if (await commands.run({ issueRevision: { number, date, previousDocument, supersedes } })) setNumber('');
  };
  return (
    <section className={css.box} aria-labelledby="structure-revisions">
      <h2 id="structure-revisions">{say('structure.revisions')}</h2>
      <ul className={css.list}>
        {timeline?.revisions.map((revision) => (
          <li key={revision.version}>
            {revision.number}, {day(revision.date)}
          </li>
        ))}
      </ul>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          void issue();
        }}
      >
        <label>
          {say('structure.number')}
          <input type="text" value={number} placeholder="6183/3/15 REV 3" onChange={({ target }) => setNumber(target.value)} />
        </label>
        <label>
          {say('structure.date')}
          <input type="date" value={date} onChange={({ target }) => setDate(target.value)} />
        </label>
        <label>
          {say('structure.previousDocument')}
          <input type="text" value={previous} onChange={({ target }) => setPrevious(target.value)} />
        </label>
        <Button className="primary" type="submit" isDisabled={commands.isBusy}>
          {say('structure.issue')}
        </Button>
      </form>
    </section>
  );
}

function ClosePresidency({ timeline, commands }: Props) {
  const { say } = useMessages();
  const [presidency, setPresidency] = useState('');
  const close = async () => {
    if (presidency.trim() === '') return;
    if (await commands.run({ closePresidency: { presidency: presidency.trim() } })) setPresidency('');
  };
  return (
    <section className={css.box} aria-labelledby="structure-presidencies">
      <h2 id="structure-presidencies">{say('structure.presidencies')}</h2>
      <ul className={css.list}>
        {timeline?.seals.map((seal) => (
          <li key={seal.version}>{say('structure.closed', { presidency: seal.presidency })}</li>
        ))}
      </ul>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          void close();
        }}
      >
        <label>
          {say('structure.presidency')}
          <input type="text" value={presidency} placeholder="2016H2-SK" onChange={({ target }) => setPresidency(target.value)} />
        </label>
        <Button className="primary" type="submit" isDisabled={commands.isBusy}>
          {say('structure.close')}
        </Button>
      </form>
    </section>
  );
}
