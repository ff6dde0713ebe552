// One operation over HTTP.
// Invariant: a fault is told apart by what the caller does next: sign in anew, wait, or say it.

import type { Document } from './generated';
import { renew, type Session, session, signOut } from './session';
import { lookForNewerPage } from './version';

/** The server could not be reached, or cannot answer now: the same request may succeed later. */
export class Unreachable extends Error {}

/** The server answered, and the answer will be the same again. */
export class Faulty extends Error {
  constructor(
    message: string,
    readonly code: string | undefined,
    /** Of which organisations one is to be named. */
    readonly organisations: readonly string[] = [],
  ) {
    super(message);
  }
}

const LATER = new Set(['OVERLOADED', 'STOPPING', 'UNAVAILABLE', 'TIMEOUT', 'CLOCK_SKEW', 'DISK_LOW', 'RATE_LIMITED', 'IDENTITY_UNAVAILABLE']);
/** What a server says to documents of another version than its own. */
const OF_ANOTHER_VERSION = new Set(['GRAPHQL_VALIDATION_FAILED', 'DOCUMENT_NOT_TRUSTED', 'BAD_VARIABLE']);

interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly organisations?: readonly string[] };
  }[];
}

/** By what token one asks, and for whom where that must be named. */
export interface Caller {
  readonly token: string;
  readonly organisation: string | undefined;
}

/** Asks for who is signed in; a token that is over is renewed, if it can be, and the same is asked again. */
export async function ask<T, V>(document: Document<T, V>, variables: V, signal?: AbortSignal): Promise<T> {
  const asked = session();
  try {
    return await askAs(callerOf(asked), document, variables, signal);
  } catch (fault) {
    if (!isRefusedToken(fault) || asked === undefined) throw fault;
    // Another may have been put in its place meanwhile.
    const isRenewed = session()?.token !== asked.token || (await renew());
    const now = session();
    if (isRenewed && now?.id === asked.id) return await askAs(callerOf(now), document, variables, signal);
    if (now?.token === asked.token) signOut('over');
    throw fault;
  }
}

function callerOf(asking: Session | undefined): Caller {
  return { token: asking?.token ?? '', organisation: asking?.isProvided === true ? asking.organisation : undefined };
}

function isRefusedToken(fault: unknown): boolean {
  return fault instanceof Faulty && fault.code === 'UNAUTHENTICATED';
}

export async function askAs<T, V>(caller: Caller, document: Document<T, V>, variables: V, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        authorization: `Bearer ${caller.token}`,
        ...(caller.organisation === undefined ? {} : { 'roadbook-organisation': caller.organisation }),
      },
      body: JSON.stringify({ query: document, variables }),
      signal: signal ?? null,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Unreachable('unreachable', { cause });
  }
  if (response.status === 401) throw new Faulty('unauthenticated', 'UNAUTHENTICATED');
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
    if (code !== undefined && OF_ANOTHER_VERSION.has(code)) void lookForNewerPage();
    throw new Faulty(error.message, code, error.extensions?.organisations);
  }
  if (answer.data === undefined || answer.data === null) throw new Faulty(response.statusText, undefined);
  return answer.data;
}
