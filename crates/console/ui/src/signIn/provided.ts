// Signing in with an identity provider: leaving for it, coming back to the same view, renewing before the token runs out.
// Tokens are held in the memory of this page and nowhere else; a reload asks the provider anew, which remembers the person.
// Invariant: a session is begun only for a caller whom the server has named.

import { CallerDocument } from '../api/generated';
import { askAs, Faulty } from '../api/http';
import { onSession, renew, renewBy, replaceToken, session, signIn, signOut, tellEnding } from '../api/session';
import { lookForNewerPage } from '../api/version';
import { replace } from '../app/address';
import type { MessageKey } from '../messages/messages';
import type { Flight, Tokens } from './openId';
import { type Provider, waysToSignIn } from './ways';

export type Progress =
  | { readonly is: 'idle' }
  | { readonly is: 'busy' }
  /** The person speaks for several organisations, and must say for which now. */
  | { readonly is: 'choosing'; readonly organisations: readonly string[]; readonly choose: (organisation: string) => void }
  | { readonly is: 'failed'; readonly key: MessageKey; readonly message: string };

interface Held {
  readonly provider: Provider;
  readonly tokens: Tokens;
}

const FLIGHT = 'roadbook.flight:';
/** With which provider this tab is signed in and for whom: by this a reload asks it again. */
const SIGNED_IN = 'roadbook.signed-in';
/** Where a provider sends the browser back to. */
const RETURN_PATH = '/signed-in';
/** A token is renewed when so much of its life is over. */
const LIFE_USED = 0.75;
const RETRY_MS = 5000;

let progress: Progress = { is: 'idle' };
let held: Held | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
/** Who signs out in one window does so in all. */
const windows = new BroadcastChannel('roadbook.sign-out');

windows.onmessage = ({ data }) => {
  if (held?.provider.issuer === data) forget('asked');
};

// Whatever ended the session, its tokens go with it.
onSession(() => {
  if (session()?.isProvided === true) return;
  held = undefined;
  clearTimeout(timer);
});

export function progressNow(): Progress {
  return progress;
}

export function onProgress(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: Progress): void {
  progress = next;
  for (const listener of listeners) listener();
}

/** What the page does first: it takes what a provider sent, or signs in again where this tab was signed in. */
export function arrive(): void {
  if (location.pathname === RETURN_PATH) {
    void guarded(comeBack);
    return;
  }
  const kept = sessionStorage.getItem(SIGNED_IN);
  if (kept === null || session() !== undefined) return;
  void guarded(async () => {
    const { issuer } = JSON.parse(kept) as { readonly issuer: string };
    await leaveFor(await providerOf(issuer), true);
  });
}

/** Goes to the provider, and comes back to the view that is shown now. */
export function signInWith(provider: Provider): Promise<void> {
  return guarded(() => leaveFor(provider, false));
}

/** The same for the provider of the present session, whose token runs out. */
export function signInAgain(): Promise<void> {
  const provider = held?.provider;
  return provider ? signInWith(provider) : Promise.resolve();
}

/** Ends the session here, in the other windows, and with the provider. */
export async function leave(): Promise<void> {
  const was = held;
  forget('asked');
  if (!was) return;
  windows.postMessage(was.provider.issuer);
  try {
    const openId = await import('./openId');
    const address = await openId.leave(was.provider, was.tokens);
    if (address !== undefined) location.assign(address);
  } catch {
    // The provider is away; here one is signed out all the same.
  }
}

function forget(why: 'asked' | 'over'): void {
  sessionStorage.removeItem(SIGNED_IN);
  signOut(why);
}

async function guarded(work: () => Promise<void>): Promise<void> {
  become({ is: 'busy' });
  try {
    await work();
  } catch (fault) {
    console.warn(fault);
    become({ is: 'failed', ...(await told(fault)) });
    // What this page loads on demand is gone if the server has another version.
    void lookForNewerPage();
  }
}

async function told(fault: unknown): Promise<{ readonly key: MessageKey; readonly message: string }> {
  if (fault instanceof Stale) return { key: 'signIn.stale', message: '' };
  if (fault instanceof Faulty) return { key: 'signIn.refused', message: fault.message };
  const refusal = await import('./openId').then((openId) => openId.refusalOf(fault)).catch(() => undefined);
  if (refusal === undefined) return { key: 'signIn.providerAway', message: '' };
  return { key: 'signIn.refused', message: refusal.message };
}

/** The provider answered what this tab did not ask. */
class Stale extends Error {}

async function providerOf(issuer: string): Promise<Provider> {
  const { providers } = await waysToSignIn();
  const provider = providers.find((one) => one.issuer === issuer);
  if (!provider) throw new Stale('the server does not trust the provider');
  return provider;
}

async function leaveFor(provider: Provider, isSilent: boolean): Promise<void> {
  const openId = await import('./openId');
  const { address, flight } = await openId.begin(provider, {
    returnTo: location.origin + RETURN_PATH,
    path: location.pathname + location.search,
    isSilent,
  });
  sessionStorage.setItem(FLIGHT + flight.state, JSON.stringify(flight));
  location.replace(address);
}

async function comeBack(): Promise<void> {
  const address = new URL(location.href);
  const flight = takeFlight(address.searchParams.get('state'));
  // The code leaves the address at once.
  replace(flight?.path ?? '/');
  if (!flight) throw new Stale('there is no such flight');
  const openId = await import('./openId');
  const provider = await providerOf(flight.issuer);
  let tokens: Tokens;
  try {
    tokens = await openId.finish(provider, flight, address);
  } catch (fault) {
    // The provider would have to ask something: the person begins that, not the page.
    if (!flight.isSilent || openId.refusalOf(fault) === undefined) throw fault;
    forget('over');
    become({ is: 'idle' });
    return;
  }
  await enter({ provider, tokens }, organisationBefore(flight.issuer));
}

function takeFlight(state: string | null): Flight | undefined {
  const key = FLIGHT + (state ?? '');
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return kept === null ? undefined : (JSON.parse(kept) as Flight);
}

/** For whom one was signed in before in this tab, so that a reload does not ask again. */
function organisationBefore(issuer: string): string | undefined {
  const kept = JSON.parse(sessionStorage.getItem(SIGNED_IN) ?? '{}') as { readonly issuer?: string; readonly organisation?: string };
  return kept.issuer === issuer ? kept.organisation : undefined;
}

async function enter(next: Held, organisation: string | undefined): Promise<void> {
  const { issuer } = next.provider;
  const { access: token, expires } = next.tokens;
  try {
    const { viewer } = await askAs({ token, organisation }, CallerDocument, {});
    held = next;
    sessionStorage.setItem(SIGNED_IN, JSON.stringify({ issuer, organisation: viewer.organisation }));
    renewBy(renewHeld);
    signIn({ token, organisation: viewer.organisation, expires, isProvided: true });
    become({ is: 'idle' });
    schedule(expires);
  } catch (fault) {
    if (!(fault instanceof Faulty) || fault.code !== 'SEVERAL_ORGANISATIONS') throw fault;
    become({
      is: 'choosing',
      organisations: fault.organisations,
      choose: (chosen) => void guarded(() => enter(next, chosen)),
    });
  }
}

/** Renews well before the end; without the means to do so the person is told in time. */
function schedule(expires: number | undefined): void {
  clearTimeout(timer);
  if (expires === undefined) return;
  const left = expires - Date.now();
  timer = setTimeout(() => void renewInTime(expires), Math.max(0, left * LIFE_USED));
}

async function renewInTime(expires: number): Promise<void> {
  if ((await renew()) || !held) return;
  tellEnding();
  // A provider that is away may be back before the end.
  if (held.tokens.refresh !== undefined && Date.now() < expires) {
    timer = setTimeout(() => void renewInTime(expires), RETRY_MS);
  }
}

async function renewHeld(): Promise<boolean> {
  const before = held;
  if (before?.tokens.refresh === undefined) return false;
  try {
    const openId = await import('./openId');
    const tokens = await openId.refreshed(before.provider, before.tokens.refresh);
    if (held !== before) return false;
    held = { ...before, tokens: { ...tokens, id: tokens.id ?? before.tokens.id } };
    replaceToken(tokens.access, tokens.expires);
    schedule(tokens.expires);
    return true;
  } catch (fault) {
    const openId = await import('./openId');
    // What the provider refuses to renew it refuses again.
    if (held === before && openId.refusalOf(fault) !== undefined) {
      held = { ...before, tokens: { ...before.tokens, refresh: undefined } };
    }
    return false;
  }
}
