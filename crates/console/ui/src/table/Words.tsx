// A difference as the Council prints it: inserted words bold and underlined, deleted words struck through.

import { Fragment } from 'react';
import { useMessages } from '../messages/messages';
import type { Piece } from '../model/words';
import css from './Words.module.css';

export function Words({ pieces }: { readonly pieces: readonly Piece[] }) {
  const { say } = useMessages();
  return (
    <div className={css.words}>
      {pieces.map(({ kind, text }, at) => {
        if (kind === 'KEPT') return <Fragment key={at}>{text}</Fragment>;
        const isInserted = kind === 'INSERTED';
        const Mark = isInserted ? 'ins' : 'del';
        return (
          <Mark key={at} className={isInserted ? css.inserted : css.deleted}>
            <span className="unseen">{say(isInserted ? 'words.inserted' : 'words.deleted')} </span>
            {text}
            <span className="unseen"> {say('words.end')}</span>
          </Mark>
        );
      })}
    </div>
  );
}
