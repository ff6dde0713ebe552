// The outline: each item can be renamed, moved by buttons, by a choice or by dragging, given something below, removed.

import { type DragEvent, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { type MessageKey, useMessages } from '../messages/messages';
import { type Allowed, allows } from '../model/roadMap';
import { Present } from '../table/Present';
import type { Commands } from './commands';
import { useNaming, useTellNaming } from './naming';
import { addition, type Item, type Level, move, parentsFor, step } from './outline';
import css from './Outline.module.css';
import { useTyped } from './typed';

interface BranchProps {
  readonly level: Level;
  readonly under: string | undefined;
  /** What may be done with that in which they stand. */
  readonly allowed: Allowed;
  readonly items: readonly Item[];
  readonly outline: readonly Item[];
  readonly commands: Commands;
}

const BELOW: Readonly<Partial<Record<Level, Level>>> = { field: 'strand', strand: 'action' };
const ADD: Readonly<Record<Level, MessageKey>> = {
  field: 'structure.add.field',
  strand: 'structure.add.strand',
  action: 'structure.add.action',
  column: 'structure.add.column',
};

const ADDING: Readonly<Record<Level, string>> = {
  field: 'ADD_FIELD',
  strand: 'ADD_STRAND',
  action: 'ADD_ACTION',
  column: 'ADD_COLUMN',
};

/** What is being dragged; a drag stays within one page. */
let dragged: Item | undefined;

export function Branch({ level, under, allowed, items, outline, commands }: BranchProps) {
  const { say } = useMessages();
  return (
    <ol className={css.branch} data-level={level}>
      {items.map((item) => (
        <Node key={item.key} item={item} siblings={items} outline={outline} commands={commands} />
      ))}
      <li>
        <Place level={level} under={under} before={undefined} commands={commands}>
          {allows(allowed, ADDING[level]) && (
            <TextForm
              name={`add:${level}:${under ?? location.pathname}`}
              open={say(ADD[level])}
              label={say(ADD[level])}
              initial=""
              commands={commands}
              onText={async (text) => {
                const command = addition(level, under, text);
                return command ? commands.run(command) : false;
              }}
            />
          )}
        </Place>
      </li>
    </ol>
  );
}

interface NodeProps {
  readonly item: Item;
  readonly siblings: readonly Item[];
  readonly outline: readonly Item[];
  readonly commands: Commands;
}

function Node({ item, siblings, outline, commands }: NodeProps) {
  const { say } = useMessages();
  const gazes = useNaming().gazes.get(item.key);
  const [isOpen, setOpen] = useState(item.level === 'field');
  const below = BELOW[item.level];
  return (
    <li>
      <Place level={item.level} under={item.under} before={item.key} commands={commands}>
        <div
          className={css.node}
          draggable={allows(item.allowed, 'MOVE')}
          onDragStart={(event) => {
            dragged = item;
            event.dataTransfer.effectAllowed = 'move';
            event.dataTransfer.setData('text/plain', item.title);
          }}
          onDragEnd={() => {
            dragged = undefined;
          }}
        >
          {gazes !== undefined && <Present participants={gazes} />}
          {below !== undefined && (
            <Button
              className={css.fold ?? ''}
              aria-expanded={isOpen}
              aria-label={say('structure.fold', { label: item.label, count: item.items.length })}
              onPress={() => setOpen(!isOpen)}
            >
              {isOpen ? '−' : '+'}
            </Button>
          )}
          <span className={css.title}>
            <strong>{item.label}</strong> {item.title}
          </span>
          <Tools item={item} siblings={siblings} outline={outline} commands={commands} />
        </div>
      </Place>
      {below !== undefined && isOpen && (
        <Branch level={below} under={item.key} allowed={item.allowed} items={item.items} outline={outline} commands={commands} />
      )}
    </li>
  );
}

export function Tools({ item, siblings, outline, commands }: NodeProps) {
  const { say } = useMessages();
  const [isRemoving, setRemoving] = useState(false);
  const isMovable = allows(item.allowed, 'MOVE');
  const up = isMovable ? step(item, siblings, -1) : undefined;
  const down = isMovable ? step(item, siblings, 1) : undefined;
  const parents = !isMovable ? [] : parentsFor(item, outline).filter(({ key }) => key !== item.under);
  const { label } = item;
  if (isRemoving) {
    return (
      <span className={css.tools}>
        {say('structure.removeAsk', { label })}
        <Button
          className="primary"
          autoFocus
          onPress={() => {
            setRemoving(false);
            void commands.run({ remove: { subject: item.key } });
          }}
        >
          {say('structure.remove')}
        </Button>
        <Button className="plain" onPress={() => setRemoving(false)}>
          {say('structure.cancel')}
        </Button>
      </span>
    );
  }
  return (
    <span className={css.tools}>
      <Button
        className="plain"
        aria-label={say('structure.upOf', { label })}
        isDisabled={!up || commands.isBusy}
        onPress={() => up && void commands.run(up)}
      >
        ↑
      </Button>
      <Button
        className="plain"
        aria-label={say('structure.downOf', { label })}
        isDisabled={!down || commands.isBusy}
        onPress={() => down && void commands.run(down)}
      >
        ↓
      </Button>
      {parents.length > 0 && (
        <select
          aria-label={say('structure.moveOf', { label })}
          value=""
          onChange={({ target }) => {
            if (target.value !== '') void commands.run(move(item, target.value, undefined));
          }}
        >
          <option value="">{say('structure.move')}</option>
          {parents.map((parent) => (
            <option key={parent.key} value={parent.key}>
              {parent.label} {parent.title}
            </option>
          ))}
        </select>
      )}
      {allows(item.allowed, 'RETITLE') && (
        <TextForm
          name={`rename:${item.key}`}
          open={say('structure.rename')}
          label={say('structure.renameOf', { label })}
          initial={item.title}
          subject={item.key}
          commands={commands}
          onText={(title) => commands.run({ retitle: { subject: item.key, title } })}
        />
      )}
      {allows(item.allowed, 'REMOVE') && (
        <Button className="plain" aria-label={say('structure.removeOf', { label })} onPress={() => setRemoving(true)}>
          {say('structure.remove')}
        </Button>
      )}
    </span>
  );
}

interface PlaceProps {
  readonly level: Level;
  readonly under: string | undefined;
  readonly before: string | undefined;
  readonly commands: Commands;
  readonly children: React.ReactNode;
}

/** Where something of the same level can be dropped: before what stands here. */
function Place({ level, under, before, commands, children }: PlaceProps) {
  const [isOver, setOver] = useState(false);
  const fits = () => dragged !== undefined && dragged.level === level && dragged.key !== before;
  const over = (event: DragEvent) => {
    if (!fits()) return;
    event.preventDefault();
    setOver(true);
  };
  return (
    <div
      className={css.place}
      data-over={isOver}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        if (!dragged || !fits()) return;
        event.preventDefault();
        void commands.run(move(dragged, under, before));
      }}
    >
      {children}
    </div>
  );
}

interface TextFormProps {
  /** Names the form for good, so that what was typed is found again. */
  readonly name: string;
  readonly open: string;
  readonly label: string;
  readonly initial: string;
  /** The key of what has the title, if it is one that others may name meanwhile. */
  readonly subject?: string;
  readonly commands: Commands;
  /** Whether nothing at all is something that can be said. */
  readonly canBeEmpty?: boolean;
  /** Whether it was done; what was typed stays until then. */
  readonly onText: (text: string) => Promise<boolean>;
}

export function TextForm({ name, open, label, initial, subject, commands, canBeEmpty = false, onText }: TextFormProps) {
  const { say } = useMessages();
  const [text, setText] = useTyped(name);
  // Only one that is opened by hand takes the keyboard.
  const isFound = useRef(text !== undefined);
  useTellNaming(subject, text !== undefined, text !== initial);
  if (text === undefined) {
    return (
      <Button
        className="plain"
        aria-label={label}
        onPress={() => {
          isFound.current = false;
          setText(initial);
        }}
      >
        {open}
      </Button>
    );
  }
  const finish = async () => {
    if (text === initial || (text.trim() === '' && !canBeEmpty)) setText(undefined);
    else if (await onText(text)) setText(undefined);
  };
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void finish();
      }}
    >
      <textarea
        aria-label={label}
        value={text}
        rows={2}
        autoFocus={!isFound.current}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            void finish();
          } else if (event.key === 'Escape' && text === initial) setText(undefined);
        }}
      />
      <Button className="primary" type="submit" isDisabled={commands.isBusy}>
        {say('edit.save')}
      </Button>
      <Button className="plain" onPress={() => setText(undefined)}>
        {say('structure.cancel')}
      </Button>
    </form>
  );
}
