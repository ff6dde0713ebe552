// Which page is shown: signing in, the list, or a road map.

import { useEffect, useState, useSyncExternalStore } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { RoadMapsDocument, type RoadMapsQuery } from '../api/generated';
import { ask, Faulty } from '../api/http';
import { onSession, read, session, signIn } from '../api/session';
import { useMessages } from '../messages/messages';
import { pathOf, replace, usePlace } from './address';
import { RoadMapList } from './RoadMapList';
import { RoadMapPage } from './RoadMapPage';
import { Frame } from './Frame';
import { SignIn } from './SignIn';

export type Listed = RoadMapsQuery['roadMaps']['edges'][number]['node'];

const RETRY_MS = 2000;
const TOKEN_IN_ADDRESS = /^#token=(.+)$/u;

/** A token may come in the fragment, which browsers do not send; it leaves the address at once. */
function takeToken(): void {
  const token = TOKEN_IN_ADDRESS.exec(location.hash)?.[1];
  if (token === undefined) return;
  history.replaceState(null, '', location.pathname + location.search);
  const found = read(decodeURIComponent(token));
  if (found) signIn(found);
}

takeToken();

export function App() {
  const { locale, say } = useMessages();
  const place = usePlace();
  const signedIn = useSyncExternalStore(onSession, session);
  const { roadMaps, fault } = useRoadMaps(signedIn?.id);
  const only = roadMaps?.length === 1 ? roadMaps[0]?.slug : undefined;
  useEffect(() => {
    if (place.slug === undefined && only !== undefined) {
      replace(pathOf(only, 'table'));
    }
  }, [place.slug, only]);
  useEffect(() => {
    const heard = () => takeToken();
    addEventListener('hashchange', heard);
    return () => removeEventListener('hashchange', heard);
  }, []);

  const content = () => {
    if (!signedIn) return <SignIn />;
    if (fault !== undefined) return <Frame><p className="message" role="alert">{fault}</p></Frame>;
    if (!roadMaps) return <Frame><p className="message" role="status">{say('wait')}</p></Frame>;
    if (place.slug === undefined) return <RoadMapList roadMaps={roadMaps} />;
    const found = roadMaps.find(({ slug }) => slug === place.slug);
    if (!found) return <Frame><p className="message" role="alert">{say('roadMap.none', { slug: place.slug })}</p></Frame>;
    return <RoadMapPage key={`${found.id} ${signedIn.organisation}`} listed={found} organisation={signedIn.organisation} />;
  };
  return <I18nProvider locale={locale}>{content()}</I18nProvider>;
}

/** The road maps that the caller of a session may see. */
function useRoadMaps(session: number | undefined) {
  const [found, setFound] = useState<{ readonly session: number; readonly roadMaps: readonly Listed[] }>();
  const [fault, setFault] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    setFault(undefined);
    if (session === undefined) return;
    const stop = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    listed(stop.signal)
      .then((roadMaps) => {
        setFound({ session, roadMaps });
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (error instanceof Faulty) setFault(error.message);
        else retry = setTimeout(() => setAttempt((tries) => tries + 1), RETRY_MS);
      });
    return () => {
      stop.abort();
      clearTimeout(retry);
    };
  }, [session, attempt]);
  return { roadMaps: session !== undefined && found?.session === session ? found.roadMaps : undefined, fault };
}

async function listed(signal: AbortSignal): Promise<readonly Listed[]> {
  const roadMaps: Listed[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: RoadMapsQuery = await ask(RoadMapsDocument, { after }, signal);
    roadMaps.push(...answer.roadMaps.edges.map(({ node }) => node));
    const { hasNextPage, endCursor } = answer.roadMaps.pageInfo;
    if (!hasNextPage || endCursor === null) return roadMaps;
    after = endCursor;
  }
}
