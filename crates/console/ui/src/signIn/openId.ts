// What is said to an identity provider: the authorisation code flow with PKCE of OpenID Connect, renewal and sign-out.
// It is loaded only where somebody signs in so. It keeps nothing but what providers publish about themselves.
// Invariant: a code is exchanged only in the flight that asked for it, by its state, its nonce and its verifier.

import * as oauth from 'oauth4webapi';
import type { Provider } from './ways';

/** What must be known again when the provider sends the browser back. */
export interface Flight {
  readonly issuer: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where the provider sends the browser back to; it must know this address. */
  readonly returnTo: string;
  /** The view that one left. */
  readonly path: string;
  /** Whether the provider was asked not to ask anything. */
  readonly isSilent: boolean;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly id: string | undefined;
  /** Milliseconds since 1970, if it was said. */
  readonly expires: number | undefined;
}

const WAIT_MS = 10_000;

const known = new Map<string, Promise<oauth.AuthorizationServer>>();

function requestOptions({ issuer }: Provider) {
  return {
    // The server offers a provider without TLS only where its operator allowed that.
    [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
    signal: AbortSignal.timeout(WAIT_MS),
  };
}

function discover(provider: Provider): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(provider.issuer);
  const found =
    known.get(provider.issuer) ??
    oauth
      .discoveryRequest(issuer, { algorithm: 'oidc', ...requestOptions(provider) })
      .then((response) => oauth.processDiscoveryResponse(issuer, response));
  known.set(provider.issuer, found);
  // What failed is tried anew.
  found.catch(() => known.delete(provider.issuer));
  return found;
}

/** The address to go to, and what to keep meanwhile. */
export async function begin(
  provider: Provider,
  way: Pick<Flight, 'returnTo' | 'path' | 'isSilent'>,
): Promise<{ readonly address: string; readonly flight: Flight }> {
  const server = await discover(provider);
  if (server.authorization_endpoint === undefined) throw new Error('the provider has no authorization_endpoint');
  const flight: Flight = {
    ...way,
    issuer: provider.issuer,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
  };
  const address = new URL(server.authorization_endpoint);
  const asked: Record<string, string> = {
    client_id: provider.clientId,
    response_type: 'code',
    redirect_uri: flight.returnTo,
    scope: provider.scope,
    state: flight.state,
    nonce: flight.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(flight.verifier),
    code_challenge_method: 'S256',
  };
  if (flight.isSilent) asked['prompt'] = 'none';
  if (provider.resource !== null) asked['resource'] = provider.resource;
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  return { address: address.href, flight };
}

/** The tokens for the code in the address that the provider sent the browser back to. */
export async function finish(provider: Provider, flight: Flight, address: URL): Promise<Tokens> {
  const server = await discover(provider);
  const client = { client_id: provider.clientId };
  const parameters = oauth.validateAuthResponse(server, client, address, flight.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    flight.returnTo,
    flight.verifier,
    { ...additional(provider), ...requestOptions(provider) },
  );
  const isIdentified = provider.scope.split(' ').includes('openid');
  return tokensOf(
    await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: isIdentified ? flight.nonce : oauth.expectNoNonce,
      requireIdToken: isIdentified,
    }),
  );
}

/** Other tokens for the same person. */
export async function refreshed(provider: Provider, refresh: string): Promise<Tokens> {
  const server = await discover(provider);
  const client = { client_id: provider.clientId };
  const options = { ...additional(provider), ...requestOptions(provider) };
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, options);
  const tokens = tokensOf(await oauth.processRefreshTokenResponse(server, client, response));
  return { ...tokens, refresh: tokens.refresh ?? refresh };
}

/** Takes back what can renew tokens, and gives the address at which the provider ends its own session, if it has one. */
export async function leave(provider: Provider, tokens: Tokens): Promise<string | undefined> {
  const server = await discover(provider);
  const client = { client_id: provider.clientId };
  if (server.revocation_endpoint !== undefined && tokens.refresh !== undefined) {
    const response = await oauth.revocationRequest(server, client, oauth.None(), tokens.refresh, requestOptions(provider));
    await oauth.processRevocationResponse(response).catch(() => {
      // It runs out by itself.
    });
  }
  if (server.end_session_endpoint === undefined) return undefined;
  const address = new URL(server.end_session_endpoint);
  address.searchParams.set('client_id', provider.clientId);
  address.searchParams.set('post_logout_redirect_uri', `${location.origin}/`);
  if (tokens.id !== undefined) address.searchParams.set('id_token_hint', tokens.id);
  return address.href;
}

/** What the provider said instead of giving a token; none if it said nothing. */
export function refusalOf(fault: unknown): { readonly code: string; readonly message: string } | undefined {
  if (fault instanceof oauth.AuthorizationResponseError || fault instanceof oauth.ResponseBodyError) {
    return { code: fault.error, message: fault.error_description ?? fault.error };
  }
  return undefined;
}

function additional({ resource }: Provider) {
  return resource === null ? {} : { additionalParameters: { resource } };
}

function tokensOf(response: oauth.TokenEndpointResponse): Tokens {
  return {
    access: response.access_token,
    refresh: response.refresh_token,
    id: response.id_token,
    expires: response.expires_in === undefined ? undefined : Date.now() + response.expires_in * 1000,
  };
}
