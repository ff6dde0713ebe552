// The columns of the table: their order, their headings, their footnotes, one more, one less.

import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { ColumnKind } from '../api/generated';
import { useMessages } from '../messages/messages';
import { allowedOf, allows, type State } from '../model/roadMap';
import type { Commands } from './commands';
import { TextForm, Tools } from './Outline';
import { columnsOf } from './outline';
import css from './StructurePage.module.css';

const KINDS: readonly ColumnKind[] = ['TEXT', 'DUE', 'ACTORS'];

export function Columns({ state, commands }: { readonly state: State; readonly commands: Commands }) {
  const { say } = useMessages();
  const items = columnsOf(state);
  return (
    <section className={css.box} aria-labelledby="structure-columns">
      <h2 id="structure-columns">{say('structure.columns')}</h2>
      <ol className={css.list}>
        {items.map((item, at) => (
          <li key={item.key}>
            <p className={css.name}>{item.title}</p>
            <Tools item={item} siblings={items} outline={[]} commands={commands} />
            {allows(item.allowed, 'SET_FOOTNOTE') && (
              <TextForm
                name={`footnote:${item.key}`}
                open={say('structure.footnote')}
                label={say('structure.footnoteOf', { label: item.title })}
                initial={state.columns[at]?.footnote ?? ''}
                commands={commands}
                canBeEmpty
                onText={(text) =>
                  commands.run({ setFootnote: { column: item.key, footnote: text.trim() === '' ? null : text } })
                }
              />
            )}
          </li>
        ))}
      </ol>
      {allows(allowedOf(state), 'ADD_COLUMN') && <AddColumn commands={commands} />}
    </section>
  );
}

function AddColumn({ commands }: { readonly commands: Commands }) {
  const { say } = useMessages();
  const [heading, setHeading] = useState('');
  const [kind, setKind] = useState<ColumnKind>('TEXT');
  const add = async () => {
    if (heading.trim() === '') return;
    if (await commands.run({ addColumn: { name: nameOf(heading), heading, kind } })) setHeading('');
  };
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <label>
        {say('structure.heading')}
        <input type="text" value={heading} onChange={({ target }) => setHeading(target.value)} />
      </label>
      <label>
        {say('structure.kind')}
        <select value={kind} onChange={({ target }) => setKind(KINDS.find((one) => one === target.value) ?? 'TEXT')}>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {say(`structure.kind.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <Button className="primary" type="submit" isDisabled={commands.isBusy}>
        {say('structure.add.column')}
      </Button>
    </form>
  );
}

/** A lasting name for programs, made of the heading. */
function nameOf(heading: string): string {
  const plain = heading.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const name = plain.replace(/[^a-z0-9]+/gu, '_').replace(/^[^a-z]+|_+$/gu, '');
  return name.slice(0, 40) || `column_${crypto.randomUUID().slice(0, 8)}`;
}
