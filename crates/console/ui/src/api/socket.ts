// The one socket of the page, on which changes are followed.
// It reconnects by itself for as long as the tab is signed in; a token that is renewed goes over the open socket, and a
// refused one that cannot be renewed ends the session.

import { type Client, createClient } from 'graphql-ws';
import { onSession, renew, type Session, session, signOut } from './session';
import { lookForNewerPage } from './version';

/** Whether what is shown is live. */
export type Connection = 'connecting' | 'live' | 'lost';

const TOKEN_REFUSED = 4403;
const WAIT_FIRST_MS = 250;
const WAIT_LONGEST_MS = 5000;
/** A dead network is noticed by a ping that is not answered. */
const PING_EVERY_MS = 15_000;
const PONG_WAIT_MS = 5000;
/** If the server could not check a renewed token, it is sent again. */
const RENEWAL_RETRY_MS = 5000;

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();
let client: Client | undefined;
/** The session that the socket was opened for, and the token that it sent last. */
let owner: Session['id'] | undefined;
let sent: string | undefined;
let opened: WebSocket | undefined;
let renewalTimer: ReturnType<typeof setTimeout> | undefined;

function become(next: Connection): void {
  if (connection === next) return;
  if (connection === 'lost' && next === 'live') void lookForNewerPage();
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
  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  let isRefused = false;
  owner = session()?.id;
  return createClient({
    url: `${scheme}://${location.host}/graphql`,
    connectionParams: async () => {
      if (isRefused) await renew();
      isRefused = false;
      const now = session();
      sent = now?.token;
      return { token: sent, ...(now?.isProvided === true ? { organisation: now.organisation } : {}) };
    },
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
      connected: (socket) => {
        opened = socket as WebSocket;
        become('live');
      },
      ping: (received) => {
        if (received) return;
        pongTimer = setTimeout(() => opened?.close(4408, 'no answer to a ping'), PONG_WAIT_MS);
      },
      pong: (received, payload) => {
        if (received) clearTimeout(pongTimer);
        if (payload?.['authorized'] === false) renewalTimer = setTimeout(sendToken, RENEWAL_RETRY_MS);
      },
      closed: (event) => {
        clearTimeout(pongTimer);
        clearTimeout(renewalTimer);
        opened = undefined;
        become('lost');
        isRefused = event instanceof CloseEvent && event.code === TOKEN_REFUSED;
        if (isRefused) void refused(sent);
      },
    },
  });
}

async function refused(token: string | undefined): Promise<void> {
  const isRenewed = await renew();
  if (!isRenewed && session()?.token === token) signOut('over');
}

/** Brings the present token over the open socket, on which everything goes on. */
function sendToken(): void {
  clearTimeout(renewalTimer);
  const token = session()?.token;
  if (token === undefined || opened?.readyState !== WebSocket.OPEN) return;
  sent = token;
  opened.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${token}` } }));
}

onSession(() => {
  const now = session();
  if (now?.id === owner && now !== undefined) {
    if (now.token !== sent) sendToken();
    return;
  }
  // Another session needs another socket. One that was just opening ends in a refusal that nobody waits for.
  Promise.resolve(client?.dispose()).catch(() => {});
  client = undefined;
  opened = undefined;
  become('connecting');
});
