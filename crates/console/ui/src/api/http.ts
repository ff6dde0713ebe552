// One operation over HTTP.
// Invariant: a fault is told apart by what the caller does next: sign in anew, wait, or say it.

import type { Document } from './generated';
import { session, signOut } from './session';

/** The server could not be reached, or cannot answer now: the same request may succeed later. */
export class Unreachable extends Error {}

/** The server answered, and the answer will be the same again. */
export class Faulty extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

const LATER = new Set(['OVERLOADED', 'STOPPING', 'UNAVAILABLE', 'TIMEOUT', 'CLOCK_SKEW', 'DISK_LOW', 'RATE_LIMITED', 'IDENTITY_UNAVAILABLE']);

interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

export async function ask<T, V>(document: Document<T, V>, variables: V, signal?: AbortSignal): Promise<T> {
  const asked = session();
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        authorization: `Bearer ${asked?.token ?? ''}`,
      },
      body: JSON.stringify({ query: document, variables }),
      signal: signal ?? null,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Unreachable('unreachable', { cause });
  }
  if (response.status === 401 && asked !== undefined) {
    if (session() === asked) signOut();
    throw new Faulty('unauthenticated', 'UNAUTHENTICATED');
  }
  let answer: Answer<T>;
  try {
    answer = (await response.json()) as Answer<T>;
  } catch (cause) {
    throw new Unreachable(response.statusText, { cause });
  }
  const error = answer.errors?.[0];
  // A list leaves out what this node does not serve, and says so beside its data.
  const isPartial = answer.data && error?.extensions?.code === 'NEWER_FORMAT';
  if (error && !isPartial) {
    const code = error.extensions?.code;
    if (code !== undefined && LATER.has(code)) throw new Unreachable(error.message);
    throw new Faulty(error.message, code);
  }
  if (answer.data === undefined || answer.data === null) throw new Faulty(response.statusText, undefined);
  return answer.data;
}
