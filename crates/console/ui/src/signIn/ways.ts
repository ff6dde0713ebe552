// By what ways the server lets one sign in.
// Invariant: whether tokens are given away, and which providers are trusted, is the server's decision; this only asks.

/** An identity provider at which one can sign in. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly resource: string | null;
  readonly title: string | null;
}

export interface Ways {
  /** Whom one can be in a demonstration. */
  readonly organisations: readonly string[];
  readonly providers: readonly Provider[];
}

const ENDPOINT = '/sign-in';

export async function waysToSignIn(signal?: AbortSignal): Promise<Ways> {
  const response = await fetch(ENDPOINT, { signal: signal ?? null, headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(response.statusText);
  return (await response.json()) as Ways;
}

/** A token for an organisation of a demonstration. */
export async function tokenFor(organisation: string): Promise<string> {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ organisation }),
  });
  if (!response.ok) throw new Error(response.statusText);
  const answer = (await response.json()) as { readonly token: string };
  return answer.token;
}

export function titleOf({ title, issuer }: Provider): string {
  return title ?? new URL(issuer).host;
}
