// What became of edits: said aloud, shown in a corner, gone when put away. What needs reading stays until then.

import { useEffect } from 'react';
import { Button } from 'react-aria-components/Button';
import { useMessages } from '../messages/messages';
import type { Told } from '../model/sending';
import { difference } from '../model/words';
import { Words } from '../table/Words';
import css from './Notices.module.css';

export interface Notice {
  readonly id: number;
  readonly told: Told;
}

interface Props {
  readonly notices: readonly Notice[];
  readonly onClose: (id: number) => void;
}

const SAVED_SHOWN_MS = 3000;

export function Notices({ notices, onClose }: Props) {
  return (
    <div className={css.notices} role="status" aria-live="polite">
      {notices.map(({ id, told }) => (
        <One key={id} told={told} onClose={() => onClose(id)} />
      ))}
    </div>
  );
}

function One({ told, onClose }: { readonly told: Told; readonly onClose: () => void }) {
  const { say } = useMessages();
  const { label } = told;
  const isBrief = told.is === 'saved';
  useEffect(() => {
    if (!isBrief) return;
    const timer = setTimeout(onClose, SAVED_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isBrief]);
  return (
    <div className={css.notice} data-is={told.is}>
      <p>{say(`notice.${told.is}`, { place: label })}</p>
      {told.is === 'merged' && (
        <div className={css.words}>
          <Words pieces={difference(told.yours, told.result)} />
        </div>
      )}
      {!isBrief && (
        <Button className="plain" onPress={onClose}>
          {say('notice.close')}
        </Button>
      )}
    </div>
  );
}
