// The editor in the place of a cell. It owns the text box and its keys; the text itself is the draft's.
// Invariant: leaving it, by whatever way, keeps what was typed until its author discards it.

import { useEffect, useId, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { useMessages } from '../messages/messages';
import type { Draft } from '../model/drafts';
import { type Content, modeOf, place, type Target } from '../model/roadMap';
import { useDesk } from '../table/desk';
import { suggestionsFor, useDirectory } from './suggestions';
import { Preview } from './Understood';
import css from './Editor.module.css';

interface Props {
  readonly target: Target;
  readonly draft: Draft | undefined;
  readonly content: Content;
}

const ROWS_MIN = 2;
/** A longer text is scrolled. */
const ROWS_MAX = 30;

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

  const type = (pasted: string) => {
    const next = cleaned(pasted);
    desk.type(target, next);
    const caret = box.current?.selectionStart ?? next.length;
    setLine(next.slice(next.lastIndexOf('\n', caret - 1) + 1, caret));
  };
  const isChanged = text !== start || draft?.fate.is === 'refused';
  const leave = () => (isChanged ? desk.leave(target) : desk.discard(target));
  const messages = draft?.fate.is === 'refused' ? draft.fate.messages : [];
  const organisations = useDirectory(kind === 'ACTORS');
  const suggestions = kind === 'ACTORS' ? suggestionsFor(line, organisations) : [];
  return (
    <div className={css.editor}>
      <textarea
        ref={box}
        className={css.box}
        dir={directionOf(text)}
        value={text}
        rows={Math.min(ROWS_MAX, Math.max(ROWS_MIN, text.split('\n').length))}
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
          {suggestions.map(({ text: name, title }) => (
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
              {title !== undefined && <span className={css.known}> {title}</span>}
            </Button>
          ))}
        </div>
      )}
      {kind !== 'TEXT' && <Preview kind={kind} text={text} />}
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

/**
 * Word processors put their own line breaks and control characters, which nobody sees and the server refuses, on the
 * clipboard: breaks become line ends, and the others go.
 */
function cleaned(text: string): string {
  return text.replace(/[\v\f\u2028\u2029]/gu, '\n').replace(/[\0-\x08\x0e-\x1f\x7f-\x9f\ufeff]/gu, '');
}

const DIRECTION_CHARS = 1000;

/** The direction of the first letter. The browser's own `auto` looks through all of a long text with each key. */
function directionOf(text: string): 'ltr' | 'rtl' {
  const letter = /\p{L}/u.exec(text.slice(0, DIRECTION_CHARS))?.[0] ?? '';
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u.test(letter) ? 'rtl' : 'ltr';
}
