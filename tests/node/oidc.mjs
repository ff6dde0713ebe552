// Signs in to a running `roadbook serve` with tokens of a real identity provider, `oidc-provider` on a free port.
// A person logs in by the code flow with PKCE, for which this program plays the browser; a script signs in by client
// credentials. Both then ask over HTTP and over WebSocket, by tokens of each kind of signature.
// ROADBOOK is the binary. Exits with 1 if anything is not as it should be.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import { Provider } from 'oidc-provider';
import WebSocket from 'ws';

const roadbook = process.env.ROADBOOK;
if (!roadbook) {
  console.error('ROADBOOK must be set');
  process.exit(2);
}

const AUDIENCE = 'https://roadbook.example';
const CALLBACK = 'http://127.0.0.1/callback';
const SECRET = 'a secret of this test alone, of no use elsewhere';
const VIEWER = '{ viewer { organisation } }';
const PATIENCE_MS = 60_000;

// What hangs is a failure like any other.
setTimeout(() => {
  console.error(`it did not end within ${PATIENCE_MS} ms`);
  process.exit(1);
}, PATIENCE_MS).unref();

// ---- The provider.

function signingKey(kid, alg, type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

// The kind of signature of the next tokens.
let signedBy = 'RS256';

const web = createServer();
web.listen(0, '127.0.0.1');
await once(web, 'listening');
const issuer = `http://127.0.0.1:${web.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'console',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: [CALLBACK],
    },
    {
      client_id: 'script',
      client_secret: SECRET,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  jwks: {
    keys: [
      signingKey('rsa', 'RS256', 'rsa', { modulusLength: 2048 }),
      signingKey('ec', 'ES256', 'ec', { namedCurve: 'P-256' }),
      signingKey('ed', 'EdDSA', 'ed25519', {}),
    ],
  },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
  cookies: { keys: ['a key of this test'] },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: 'roadbook',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: signedBy } },
      }),
    },
  },
  extraTokenClaims: (_ctx, token) => ({
    org: token.kind === 'ClientCredentials' ? ['secretariat', 'somebody-else'] : 'latvia',
  }),
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
});
web.on('request', provider.callback());

// ---- The browser: cookies, redirects, and the two forms of a login.

async function logIn(person) {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const cookies = new Map();
  const asked = new URL('/auth', issuer);
  asked.search = new URLSearchParams({
    client_id: 'console',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid roadbook',
    resource: AUDIENCE,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const code = await browse(asked, cookies, person);
  const answer = await fetch(new URL('/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      client_id: 'console',
      grant_type: 'authorization_code',
      redirect_uri: CALLBACK,
      code,
      code_verifier: verifier,
      resource: AUDIENCE,
    }),
  });
  const tokens = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(tokens));
  return tokens;
}

async function browse(from, cookies, person) {
  let url = from;
  let form;
  for (let steps = 0; steps < 20; steps += 1) {
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    form = undefined;
    const location = answer.headers.get('location');
    if (location) {
      url = new URL(location, url);
      if (url.href.startsWith(CALLBACK)) return url.searchParams.get('code');
      continue;
    }
    const page = await answer.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(page);
    const action = /<form[^>]* action="([^"]+)"/.exec(page);
    assert(prompt && action, `${answer.status} ${page}`);
    url = new URL(action[1], url);
    form = new URLSearchParams({ prompt: prompt[1], login: person, password: 'any' });
  }
  throw new Error('the login does not end');
}

async function signInAsScript(resource) {
  const answer = await fetch(new URL('/token', issuer), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`script:${encodeURIComponent(SECRET)}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'roadbook', resource }),
  });
  const tokens = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(tokens));
  return tokens.access_token;
}

// ---- The server, which trusts this provider and nobody else.

const folder = await mkdtemp(join(tmpdir(), 'roadbook-oidc-'));
await writeFile(
  join(folder, 'roadbook.toml'),
  `listen = "127.0.0.1:0"
database = "sqlite:test.db"
log = "warn"

[[identity.issuers]]
url = "${issuer}"
audience = "${AUDIENCE}"

[identity.issuers.organisations]
latvia = "LV"
secretariat = "GSC"
`,
);
const server = spawn(roadbook, ['serve'], { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
const [url] = await once(createInterface({ input: server.stdout }), 'line');

async function overHttp(token) {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: VIEWER }),
  });
  const { data, errors } = await answer.json();
  return data ? data.viewer.organisation : `${answer.status} ${errors[0].extensions.code}`;
}

async function overWebSocket(token) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  try {
    const { value } = await client.iterate({ query: VIEWER }).next();
    return value.data.viewer.organisation;
  } finally {
    await client.dispose();
  }
}

// Renews a token on an open socket, and gives the answer or how the socket was closed.
async function renew(first, second) {
  const renewed = new Promise((resolve) => {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${first}` },
      retryAttempts: 0,
      lazy: false,
      on: {
        connected: (socket) => {
          const payload = { authorization: `Bearer ${second}` };
          socket.send(JSON.stringify({ type: 'ping', payload }));
        },
        pong: (_received, payload) => resolve({ client, payload }),
        closed: ({ code, reason }) => resolve({ client, payload: { code, reason } }),
      },
    });
  });
  const { client, payload } = await renewed;
  await client.dispose();
  return payload;
}

try {
  for (signedBy of ['RS256', 'ES256', 'EdDSA']) {
    const { access_token: ofPerson, id_token: about } = await logIn('a-person');
    const ofScript = await signInAsScript(AUDIENCE);
    const header = JSON.parse(Buffer.from(ofPerson.split('.')[0], 'base64url'));
    assert.equal(header.alg, signedBy);
    for (const ask of [overHttp, overWebSocket]) {
      assert.equal(await ask(ofPerson), 'LV', `${signedBy} ${ask.name}`);
      assert.equal(await ask(ofScript), 'GSC', `${signedBy} ${ask.name}`);
    }
    // What the provider says of a person to another program opens nothing here, nor does a token for another service.
    assert.equal(await overHttp(about), '401 UNAUTHENTICATED');
    assert.equal(await overHttp(await signInAsScript('https://elsewhere.example')), '401 UNAUTHENTICATED');
    const [head, , signature] = ofPerson.split('.');
    const claims = Buffer.from(JSON.stringify({ iss: issuer, aud: AUDIENCE, org: 'secretariat' }));
    const forged = [head, claims.toString('base64url'), signature].join('.');
    assert.equal(await overHttp(forged), '401 UNAUTHENTICATED');
    await assert.rejects(overWebSocket(forged), ({ code }) => code === 4403);
    const renewed = await renew(ofPerson, (await logIn('a-person')).access_token);
    assert.equal(renewed.authorized, true, JSON.stringify(renewed));
    assert(renewed.expiresIn > 290, JSON.stringify(renewed));
    assert.equal((await renew(ofPerson, (await logIn('another')).access_token)).code, 4403);
    assert.equal((await renew(ofPerson, ofScript)).code, 4403);
    console.log(`${signedBy}: a person and a script signed in over HTTP and WebSocket, and the person again`);
  }
} finally {
  server.kill();
  web.close();
  web.closeAllConnections();
  await once(server, 'exit');
  await rm(folder, { recursive: true, force: true });
}
