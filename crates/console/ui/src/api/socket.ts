// The one socket of the page, on which changes are followed.
// It reconnects by itself for as long as the tab is signed in; a refused token ends the session instead.

import { type Client, createClient } from 'graphql-ws';
import { onSession, session, signOut } from './session';

/** Whether what is shown is live. */
export type Connection = 'connecting' | 'live' | 'lost';

const TOKEN_REFUSED = 4403;
const WAIT_FIRST_MS = 250;
const WAIT_LONGEST_MS = 5000;
/** A dead network is noticed by a ping that is not answered. */
const PING_EVERY_MS = 15_000;
const PONG_WAIT_MS = 5000;

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();
let client: Client | undefined;

function become(next: Connection): void {
  if (connection === next) return;
  connection = next;
  for (const listener of listeners) listener();
}

export function connectionNow(): Connection {
  return connection;
}

export function onConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function socket(): Client {
  client ??= open();
  return client;
}

function open(): Client {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const token = session()?.token;
  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  let connected: WebSocket | undefined;
  return createClient({
    url: `${scheme}://${location.host}/graphql`,
    connectionParams: () => ({ token: session()?.token }),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: async (retries) => {
      const longest = Math.min(WAIT_LONGEST_MS, WAIT_FIRST_MS * 2 ** Math.min(retries, 10));
      // Half of it by chance, so that all pages do not come back to a restarted server at once.
      await new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
    },
    keepAlive: PING_EVERY_MS,
    on: {
      connecting: () => become(connection === 'live' ? 'lost' : connection),
      connected: (opened) => {
        connected = opened as WebSocket;
        become('live');
      },
      ping: (received) => {
        if (received) return;
        pongTimer = setTimeout(() => connected?.close(4408, 'no answer to a ping'), PONG_WAIT_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimer);
      },
      closed: (event) => {
        clearTimeout(pongTimer);
        become('lost');
        const refused = event instanceof CloseEvent && event.code === TOKEN_REFUSED;
        if (refused && session()?.token === token) signOut();
      },
    },
  });
}

// Another session needs another socket: its token went with the first message.
onSession(() => {
  // A socket that was just opening ends in a refusal that nobody waits for.
  Promise.resolve(client?.dispose()).catch(() => {});
  client = undefined;
  become('connecting');
});
