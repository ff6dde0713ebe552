// Who is signed in in this tab. The token is kept for the tab alone, so that two windows can be two delegations.
// Invariant: nothing but this file reads or writes the stored token.

const KEY = 'roadbook.token';

export interface Session {
  readonly token: string;
  readonly organisation: string;
  /** Seconds since 1970, as the token says; the server alone judges it. */
  readonly expires: number | undefined;
}

let current = read(sessionStorage.getItem(KEY) ?? '');
const listeners = new Set<() => void>();

/** Reads whose a token is, without judging it: the server does that. */
export function read(token: string): Session | undefined {
  const claims = token.trim().split('.')[1];
  if (claims === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(claims.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof parsed !== 'object' || parsed === null || !('org' in parsed) || typeof parsed.org !== 'string') {
      return undefined;
    }
    const expires = 'exp' in parsed && typeof parsed.exp === 'number' ? parsed.exp : undefined;
    return { token: token.trim(), organisation: parsed.org, expires };
  } catch {
    return undefined;
  }
}

export function session(): Session | undefined {
  return current;
}

export function signIn(next: Session): void {
  current = next;
  sessionStorage.setItem(KEY, next.token);
  for (const listener of listeners) listener();
}

export function signOut(): void {
  current = undefined;
  sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
