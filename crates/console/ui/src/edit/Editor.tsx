// The editor in the place of a cell. It owns the text box and its keys; the text itself is the draft's.
// Invariant: leaving it, by whatever way, keeps what was typed until its author discards it.

import { useEffect, useId, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { useMessages } from '../messages/messages';
import type { Draft } from '../model/drafts';
import { type Content, modeOf, place, type Target } from '../model/roadMap';
import { useDesk } from '../table/desk';
import { suggestionsFor } from './suggestions';
import css from './Editor.module.css';

interface Props {
  readonly target: Target;
  readonly draft: Draft | undefined;
  readonly content: Content;
}

const ROWS_MIN = 2;

export function Editor({ target, draft, content }: Props) {
  const desk = useDesk();
  const { say } = useMessages();
  const hint = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const [line, setLine] = useState('');
  const start = target.column === undefined ? target.action.text : content.printed;
  const text = draft?.text ?? start;
  const kind = target.column?.kind ?? 'TEXT';
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
  }, []);

  const type = (next: string) => {
    desk.type(target, next);
    const caret = box.current?.selectionStart ?? next.length;
    setLine(next.slice(next.lastIndexOf('\n', caret - 1) + 1, caret));
  };
  const isChanged = text !== start || draft?.fate.is === 'refused';
  const leave = () => (isChanged ? desk.leave(target) : desk.discard(target));
  const messages = draft?.fate.is === 'refused' ? draft.fate.messages : [];
  const suggestions = kind === 'ACTORS' ? suggestionsFor(line) : [];
  return (
    <div className={css.editor}>
      <textarea
        ref={box}
        className={css.box}
        value={text}
        rows={Math.max(ROWS_MIN, text.split('\n').length)}
        aria-label={say('edit.of', { place: place(target) })}
        aria-describedby={hint}
        aria-invalid={messages.length > 0}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault();
            leave();
          } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            desk.save(target);
          }
        }}
      />
      {suggestions.length > 0 && (
        <div className={css.suggestions} role="group" aria-label={say('edit.suggestions')}>
          {suggestions.map((name) => (
            <Button
              key={name}
              className={css.suggestion ?? ''}
              onPress={() => {
                const caret = box.current?.selectionStart ?? text.length;
                const last = line.split(/,\s*/u).at(-1) ?? '';
                type(text.slice(0, caret - last.length) + name + text.slice(caret));
                box.current?.focus();
              }}
            >
              {name}
            </Button>
          ))}
        </div>
      )}
      {messages.map((message) => (
        <p key={message} className={css.refused} role="alert">
          {message}
        </p>
      ))}
      <div className={css.buttons}>
        <Button className="primary" onPress={() => desk.save(target)}>
          {say(modeOf(target) === 'propose' ? 'edit.propose' : 'edit.save')}
        </Button>
        <Button className="plain" onPress={leave}>
          {say(isChanged ? 'edit.later' : 'edit.close')}
        </Button>
        {isChanged && (
          <Button className="plain" onPress={() => desk.discard(target)}>
            {say('edit.discard')}
          </Button>
        )}
      </div>
      <p id={hint} className={css.hint}>
        {say(`edit.hint.${kind}`)}
      </p>
    </div>
  );
}
