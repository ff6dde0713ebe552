// Signing in: with an identity provider where the server offers one, in a demonstration by choosing a delegation, and
// anywhere with a token that one brings.

import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components/Button';
import { read, signIn, whyNobody } from '../api/session';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import { onProgress, progressNow, signInWith } from '../signIn/provided';
import { titleOf, tokenFor, type Ways, waysToSignIn } from '../signIn/ways';
import { Frame } from './Frame';
import css from './SignIn.module.css';

const RETRY_MS = 2000;

export function SignIn() {
  const messages = useMessages();
  const { say } = messages;
  const ways = useWays();
  const progress = useSyncExternalStore(onProgress, progressNow);
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    document.title = 'Roadbook';
  }, []);
  const enter = (token: string) => {
    const found = read(token);
    if (found) signIn(found);
    else setFault(say('signIn.bad'));
  };
  const choose = async (organisation: string) => {
    try {
      enter(await tokenFor(organisation));
    } catch {
      setFault(say('signIn.unreachable'));
    }
  };
  if (progress.is === 'busy') {
    return (
      <Frame>
        <p className="message" role="status">
          {say('signIn.busy')}
        </p>
      </Frame>
    );
  }
  const failed = progress.is === 'failed' ? say(progress.key, { message: progress.message }) : undefined;
  const { organisations = [], providers = [] } = ways ?? {};
  return (
    <Frame>
      <div className={css.page}>
        <h1 className={css.title}>{say('signIn.title')}</h1>
        {whyNobody() === 'over' && <p role="status">{say('signIn.over')}</p>}
        {[fault, failed].map((text) => text !== undefined && <Fault key={text}>{text}</Fault>)}
        {progress.is === 'choosing' && (
          <Choices title={say('signIn.several')} codes={progress.organisations} onChoose={progress.choose} />
        )}
        {providers.length > 0 && progress.is !== 'choosing' && (
          <section aria-label={say('signIn.providers')}>
            <ul className={css.organisations}>
              {providers.map((provider) => (
                <li key={provider.issuer}>
                  <Button className="primary" onPress={() => void signInWith(provider)}>
                    {say('signIn.with', { provider: titleOf(provider) })}
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        )}
        {organisations.length > 0 && <Choices title={say('signIn.choose')} codes={organisations} onChoose={(code) => void choose(code)} />}
        {ways && (providers.length > 0 ? (
          <details>
            <summary>{say('signIn.byToken')}</summary>
            <TokenForm onToken={enter} />
          </details>
        ) : (
          <TokenForm onToken={enter} />
        ))}
      </div>
    </Frame>
  );
}

function useWays(): Ways | undefined {
  const [ways, setWays] = useState<Ways>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    waysToSignIn(stop.signal)
      .then(setWays)
      .catch(() => {
        if (!stop.signal.aborted) retry = setTimeout(() => setAttempt((tries) => tries + 1), RETRY_MS);
      });
    return () => {
      stop.abort();
      clearTimeout(retry);
    };
  }, [attempt]);
  return ways;
}

function Fault({ children }: { readonly children: ReactNode }) {
  return (
    <p className={css.fault} role="alert">
      {children}
    </p>
  );
}

interface ChoicesProps {
  readonly title: string;
  readonly codes: readonly string[];
  readonly onChoose: (code: string) => void;
}

function Choices({ title, codes, onChoose }: ChoicesProps) {
  const messages = useMessages();
  return (
    <section aria-label={title}>
      <p>{title}</p>
      <ul className={css.organisations}>
        {codes.map((code) => (
          <li key={code}>
            <Button className={css.organisation ?? ''} onPress={() => onChoose(code)}>
              <span className={css.code}>{code}</span> {organisationName(code, messages)}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function TokenForm({ onToken }: { readonly onToken: (token: string) => void }) {
  const { say } = useMessages();
  const [text, setText] = useState('');
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        onToken(text);
      }}
    >
      <label>
        {say('signIn.token')}
        <textarea rows={4} value={text} spellCheck={false} autoComplete="off" onChange={({ target }) => setText(target.value)} />
      </label>
      <Button className="primary" type="submit">
        {say('signIn.enter')}
      </Button>
      <p className={css.hint}>{say('signIn.hint')}</p>
    </form>
  );
}
