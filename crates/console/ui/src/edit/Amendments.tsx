// The amendments to a cell: what delegations propose for it, word by word, and what became of that.

import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { AmendmentsDocument, type AmendmentsQuery } from '../api/generated';
import { ask } from '../api/http';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { allows, type Target } from '../model/roadMap';
import { difference } from '../model/words';
import { useCommands } from '../structure/commands';
import { Outcome } from '../structure/Outcome';
import { TextForm } from '../structure/Outline';
import { Words } from '../table/Words';
import css from './Amendments.module.css';

type Cell = Extract<AmendmentsQuery['node'], { readonly __typename: 'Cell' }>;
type Amendment = Cell['amendments']['edges'][number]['node'];

interface Props {
  readonly live: LiveRoadMap;
  readonly target: Target;
  readonly version: number;
  /** Whether the present is shown. */
  readonly isLive: boolean;
}

export function Amendments({ live, target, version, isLive }: Props) {
  const messages = useMessages();
  const { say } = messages;
  const [found, setFound] = useState<{ readonly key: string; readonly amendments: readonly Amendment[] }>();
  const commands = useCommands(live);
  const { key } = target;
  useEffect(() => {
    if (!isLive) return;
    const stop = new AbortController();
    ask(AmendmentsDocument, { cell: key }, stop.signal)
      .then(({ node }) => {
        const amendments = node?.__typename === 'Cell' ? node.amendments.edges.map((edge) => edge.node) : [];
        setFound({ key, amendments });
      })
      .catch(() => {
        // What was found stays.
      });
    return () => stop.abort();
  }, [key, version, isLive]);
  const amendments = isLive && found?.key === key ? found.amendments : [];
  if (amendments.length === 0) return null;
  return (
    <section>
      <h3 className={css.title}>{say('amendments.title')}</h3>
      <Outcome commands={commands} />
      <ul className={css.list}>
        {amendments.map((amendment) => {
          const { allowedActions, proposer, proposedAt } = amendment;
          const one = { amendment: amendment.key };
          return (
            <li key={amendment.key}>
              <p className={css.who}>
                <strong>{organisationName(proposer, messages)}</strong>
                {proposedAt !== null && `, ${messages.instant(proposedAt)}`}: {say(`amendments.${amendment.state}`)}
              </p>
              <div className={css.words}>
                <Words pieces={difference(amendment.base.printed, amendment.content.printed)} />
              </div>
              {amendment.reason !== null && <p className={css.who}>{amendment.reason}</p>}
              <div className={css.buttons}>
                {allows(allowedActions, 'ACCEPT_AMENDMENT') && (
                  <Button
                    className="primary"
                    isDisabled={commands.isBusy}
                    onPress={() => void commands.run({ acceptAmendment: one })}
                  >
                    {say('amendments.accept')}
                  </Button>
                )}
                {allows(allowedActions, 'DECLINE_AMENDMENT') && (
                  <TextForm
                    name={`decline:${amendment.key}`}
                    open={say('amendments.decline')}
                    label={say('amendments.declineWhy')}
                    initial=""
                    commands={commands}
                    onText={(reason) => commands.run({ declineAmendment: { ...one, reason } })}
                  />
                )}
                {allows(allowedActions, 'WITHDRAW_AMENDMENT') && (
                  <Button
                    className="plain"
                    isDisabled={commands.isBusy}
                    onPress={() => void commands.run({ withdrawAmendment: one })}
                  >
                    {say('amendments.withdraw')}
                  </Button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
