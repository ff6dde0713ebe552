// Who looks at a cell or types in it: the codes of their organisations in its corner, and words for those who do not see them.

import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import type { Participant } from '../model/presence';
import css from './Present.module.css';

/** More than so many are counted. */
const SHOWN_MAX = 3;

export function Present({ participants }: { readonly participants: readonly Participant[] }) {
  const messages = useMessages();
  const { say } = messages;
  const shown = participants.slice(0, SHOWN_MAX);
  const rest = participants.length - shown.length;
  return (
    <ul className={css.present}>
      {shown.map(({ id, organisation, typing }) => {
        const told = say(typing ? 'presence.types' : 'presence.looks', { who: organisationName(organisation, messages) });
        return (
          <li key={id} className={css.one} data-typing={typing} title={told}>
            <span aria-hidden="true">{organisation}</span>
            <span className="unseen">{told}</span>
          </li>
        );
      })}
      {rest > 0 && <li className={css.one}>{say('presence.more', { count: rest })}</li>}
    </ul>
  );
}

interface TypingProps {
  readonly participants: readonly Participant[];
}

/** Says aloud who types in the cell that one has selected, and nothing of the others. */
export function TypingHere({ participants }: TypingProps) {
  const messages = useMessages();
  const names = participants.filter(({ typing }) => typing).map(({ organisation }) => organisationName(organisation, messages));
  return (
    <p className="unseen" role="status">
      {[...new Set(names)].map((who) => messages.say('presence.types', { who })).join(' ')}
    </p>
  );
}
