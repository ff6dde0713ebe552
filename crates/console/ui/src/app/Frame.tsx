// What every page has around it: the name, who is signed in, the language, whether it is live, and what one should do soon.

import { type ReactNode, useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components/Button';
import { onSession, session } from '../api/session';
import { connectionNow, onConnection } from '../api/socket';
import { isPageOutdated, onVersion } from '../api/version';
import { LANGUAGES, useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import { leave, signInAgain } from '../signIn/provided';
import css from './Frame.module.css';
import { Link } from './Link';

interface Props {
  readonly children: ReactNode;
  /** Whether the page follows changes as they happen. */
  readonly isLive?: boolean;
}

export function Frame({ children, isLive = false }: Props) {
  const messages = useMessages();
  const { say, language, choose } = messages;
  const signedIn = useSyncExternalStore(onSession, session);
  const connection = useSyncExternalStore(onConnection, connectionNow);
  return (
    <>
      <a className="skip" href="#main">
        {say('frame.skip')}
      </a>
      <header className={css.frame}>
        <Link to="/" className={css.name}>
          Roadbook
        </Link>
        {isLive && (
          <span className={css.connection} data-is={connection} role="status">
            {say(`connection.${connection}`)}
          </span>
        )}
        <div className={css.right}>
          <label className={css.language}>
            <span className="unseen">{say('frame.language')}</span>
            <select value={language} onChange={({ target }) => choose(target.value === 'fr' ? 'fr' : 'en')}>
              {LANGUAGES.map(({ code, name }) => (
                <option key={code} value={code}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {signedIn && (
            <>
              <span className={css.who} title={signedIn.organisation}>
                {organisationName(signedIn.organisation, messages)}
              </span>
              <a className={css.other} href="/" target="_blank" rel="noopener">
                {say('frame.other')}
              </a>
              <Button className="plain" onPress={() => void leave()}>
                {say('frame.signOut')}
              </Button>
            </>
          )}
        </div>
      </header>
      <Bars isEnding={signedIn?.isEnding === true} />
      <main id="main">{children}</main>
    </>
  );
}

/** What one should do soon, said once and shown until it is done. */
function Bars({ isEnding }: { readonly isEnding: boolean }) {
  const { say } = useMessages();
  const isOutdated = useSyncExternalStore(onVersion, isPageOutdated);
  return (
    <div role="status">
      {isEnding && (
        <div className={css.bar}>
          <span>{say('frame.ending')}</span>
          <Button className="plain" onPress={() => void signInAgain()}>
            {say('frame.signInAgain')}
          </Button>
        </div>
      )}
      {isOutdated && (
        <div className={css.bar}>
          <span>{say('frame.outdated')}</span>
          <Button className="plain" onPress={() => location.reload()}>
            {say('frame.reload')}
          </Button>
        </div>
      )}
    </div>
  );
}
