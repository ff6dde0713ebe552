// Signing in: in a demonstration one chooses a delegation; elsewhere one brings a token.
// Invariant: whether tokens are given away is the server's decision; this page only asks.

import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { read, signIn } from '../api/session';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import { Frame } from './Frame';
import css from './SignIn.module.css';

/** Says what can be chosen, and gives a token for the choice; nothing can be chosen but in a demonstration. */
const ENDPOINT = '/sign-in';

export function SignIn() {
  const messages = useMessages();
  const { say } = messages;
  const [organisations, setOrganisations] = useState<readonly string[]>([]);
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    document.title = 'Roadbook';
    const stop = new AbortController();
    offered(stop.signal)
      .then(setOrganisations)
      .catch(() => {
        // Nothing is offered: a token is asked for.
      });
    return () => stop.abort();
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
  return (
    <Frame>
      <div className={css.page}>
        <h1 className={css.title}>{say('signIn.title')}</h1>
        {fault !== undefined && (
          <p className={css.fault} role="alert">
            {fault}
          </p>
        )}
        {organisations.length > 0 && (
          <section aria-label={say('signIn.choose')}>
            <p>{say('signIn.choose')}</p>
            <ul className={css.organisations}>
              {organisations.map((code) => (
                <li key={code}>
                  <Button className={css.organisation ?? ''} onPress={() => void choose(code)}>
                    <span className={css.code}>{code}</span> {organisationName(code, messages)}
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        )}
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            enter(text);
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
      </div>
    </Frame>
  );
}

async function offered(signal: AbortSignal): Promise<readonly string[]> {
  const response = await fetch(ENDPOINT, { signal, headers: { accept: 'application/json' } });
  if (!response.ok) return [];
  const answer = (await response.json()) as { readonly organisations: readonly string[] };
  return answer.organisations;
}

async function tokenFor(organisation: string): Promise<string> {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ organisation }),
  });
  if (!response.ok) throw new Error(response.statusText);
  const answer = (await response.json()) as { readonly token: string };
  return answer.token;
}
