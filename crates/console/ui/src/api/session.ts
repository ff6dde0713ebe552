// Who is signed in in this tab, and by what token.
// Invariant: nothing but this file reads or writes a stored token, and one of an identity provider is never stored.

const KEY = 'roadbook.token';

export interface Session {
  /** The same for as long as one stays signed in, however often the token is renewed. */
  readonly id: number;
  readonly token: string;
  readonly organisation: string;
  /** Milliseconds since 1970, as far as it is known; the server alone judges it. */
  readonly expires: number | undefined;
  /** Whether an identity provider gave the token: then it is not stored, and the organisation is named with each request. */
  readonly isProvided: boolean;
  /** Whether the token runs out soon and could not be renewed. */
  readonly isEnding: boolean;
}

/** What a session begins with. */
export type Credentials = Pick<Session, 'token' | 'organisation' | 'expires' | 'isProvided'>;

/** Why nobody is signed in: nobody was yet, it was asked for, or the server takes the token no longer. */
export type Ending = 'none' | 'asked' | 'over';

let sessions = 0;
let current = begun(read(sessionStorage.getItem(KEY) ?? ''));
let ending: Ending = 'none';
let renewer: (() => Promise<boolean>) | undefined;
let renewing: Promise<boolean> | undefined;
const listeners = new Set<() => void>();

function begun(credentials: Credentials | undefined): Session | undefined {
  if (!credentials) return undefined;
  sessions += 1;
  return { ...credentials, id: sessions, isEnding: false };
}

function become(next: Session | undefined): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Reads whose a token is, without judging it: the server does that. */
export function read(token: string): Credentials | undefined {
  const claims = token.trim().split('.')[1];
  if (claims === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(claims.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof parsed !== 'object' || parsed === null || !('org' in parsed) || typeof parsed.org !== 'string') {
      return undefined;
    }
    const expires = 'exp' in parsed && typeof parsed.exp === 'number' ? parsed.exp * 1000 : undefined;
    return { token: token.trim(), organisation: parsed.org, expires, isProvided: false };
  } catch {
    return undefined;
  }
}

export function session(): Session | undefined {
  return current;
}

export function whyNobody(): Ending {
  return ending;
}

export function signIn(credentials: Credentials): void {
  if (credentials.isProvided) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, credentials.token);
  become(begun(credentials));
}

export function signOut(why: Exclude<Ending, 'none'>): void {
  ending = why;
  renewer = undefined;
  sessionStorage.removeItem(KEY);
  become(undefined);
}

/** Puts another token of the same caller in place of the present one. */
export function replaceToken(token: string, expires: number | undefined): void {
  if (current) become({ ...current, token, expires, isEnding: false });
}

export function tellEnding(): void {
  if (current && !current.isEnding) become({ ...current, isEnding: true });
}

/** Says how the token of the present session is renewed; it answers whether it was. */
export function renewBy(renew: (() => Promise<boolean>) | undefined): void {
  renewer = renew;
}

/** Renews the token, once for all who ask meanwhile. */
export function renew(): Promise<boolean> {
  const begin = renewer;
  if (!begin) return Promise.resolve(false);
  renewing ??= begin().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
