// A difference as the Council prints it: inserted words bold and underlined, deleted words struck through. Of two
// differences in a row, the earlier one has a mark of its own.

import { Fragment } from 'react';
import { type MessageKey, useMessages } from '../messages/messages';
import type { Mark } from '../model/words';
import css from './Words.module.css';

/** How a piece is told to those who do not see it. */
function spoken({ kind, step }: Mark): MessageKey {
  if (step === 'both') return 'words.cameAndWent';
  if (kind === 'INSERTED') return step === 1 ? 'words.insertedBefore' : 'words.inserted';
  return step === 1 ? 'words.deletedBefore' : 'words.deleted';
}

export function Words({ pieces }: { readonly pieces: readonly Mark[] }) {
  const { say } = useMessages();
  return (
    <div dir="auto" className={css.words}>
      {pieces.map((piece, at) => {
        const { kind, text, step } = piece;
        if (kind === 'KEPT') return <Fragment key={at}>{text}</Fragment>;
        const isInserted = kind === 'INSERTED';
        const Mark = isInserted ? 'ins' : 'del';
        return (
          <Fragment key={at}>
            {/* A word and what takes its place are two words, although no space stands between them. */}
            {at > 0 && <wbr />}
            <Mark className={isInserted ? css.inserted : css.deleted} data-step={step}>
              <span className="unseen">{say(spoken(piece))} </span>
              {text}
              <span className="unseen"> {say('words.end')}</span>
            </Mark>
          </Fragment>
        );
      })}
    </div>
  );
}
