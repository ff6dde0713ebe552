// What became of the last command: said aloud, and shown where it was given.

import { useMessages } from '../messages/messages';
import type { Commands } from './commands';
import css from './Outcome.module.css';

interface Props {
  readonly commands: Commands;
  /** Whether it is said too that all went well; it need not be where one sees that. */
  readonly isFull?: boolean;
}

export function Outcome({ commands: { outcome }, isFull = false }: Props) {
  const { say } = useMessages();
  const isShown = isFull || outcome?.is !== 'done';
  return (
    <div className={css.outcome} role="status" data-is={outcome?.is}>
      {isShown && outcome?.key !== undefined && <p>{say(outcome.key)}</p>}
      {isShown && outcome?.messages.map((message) => <p key={message}>{message}</p>)}
    </div>
  );
}
