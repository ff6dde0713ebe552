// A conflict, word by word: what it was, what the other delegation made of it, what was typed here, and the ways out.
// Invariant: none of the ways out loses the text that was typed without its author saying so.

import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import type { Conflict, Draft } from '../model/drafts';
import { difference } from '../model/words';
import { Words } from '../table/Words';
import css from './ConflictDialog.module.css';

interface Props {
  readonly draft: Draft;
  readonly conflict: Conflict;
  readonly onTheirs: () => void;
  readonly onText: (text: string) => void;
  readonly onLater: () => void;
}

export function ConflictDialog({ draft, conflict, onTheirs, onText, onLater }: Props) {
  const messages = useMessages();
  const { say } = messages;
  const [together, setTogether] = useState<string>();
  const { base, theirs, yours, author, at } = conflict;
  const who = author === undefined ? say('conflict.others') : organisationName(author, messages);
  return (
    <ModalOverlay isOpen className={css.overlay ?? ''} onOpenChange={(isOpen) => !isOpen && onLater()}>
      <Modal className={css.modal ?? ''}>
        <Dialog className={css.dialog ?? ''}>
          <Heading slot="title" className={css.title ?? ''}>
            {say('conflict.title', { place: draft.label })}
          </Heading>
          <p className={css.lead}>
            {at === undefined ? say('conflict.leadUnknown') : say('conflict.lead', { who, when: messages.instant(at) })}
          </p>
          <div className={css.sides}>
            <Side title={say('conflict.base')}>
              <div className={css.text}>{base === '' ? <em>{say('conflict.blank')}</em> : base}</div>
            </Side>
            <Side title={say('conflict.theirs', { who })}>
              <Words pieces={difference(base, theirs)} />
            </Side>
            <Side title={say('conflict.yours')}>
              <Words pieces={difference(base, yours)} />
            </Side>
          </div>
          {together !== undefined && (
            <label className={css.together}>
              {say('conflict.together')}
              <textarea value={together} rows={6} autoFocus onChange={({ target }) => setTogether(target.value)} />
            </label>
          )}
          <div className={css.buttons}>
            {together === undefined ? (
              <>
                <Button className="primary" onPress={() => onText(yours)}>
                  {say('conflict.keepYours')}
                </Button>
                <Button className="plain" onPress={onTheirs}>
                  {say('conflict.keepTheirs')}
                </Button>
                <Button className="plain" onPress={() => setTogether(both(theirs, yours))}>
                  {say('conflict.writeTogether')}
                </Button>
              </>
            ) : (
              <Button className="primary" onPress={() => onText(together)}>
                {say('conflict.saveTogether')}
              </Button>
            )}
            <Button className="plain" onPress={onLater}>
              {say('conflict.later')}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Where an author goes on from: the lines of both, each once. */
function both(theirs: string, yours: string): string {
  const lines = theirs === '' ? [] : theirs.split('\n');
  return [...lines, ...yours.split('\n').filter((line) => !lines.includes(line))].join('\n');
}

function Side({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <section className={css.side}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
