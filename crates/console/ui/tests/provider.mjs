// A real identity provider on a free port, and a `roadbook serve` that trusts it and nobody else, for the tests of signing in.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const RESOURCE = 'https://roadbook.example';
const CLIENT = 'roadbook-console';
/** The same machine by another name, and so another origin. */
export const ELSEWHERE = 'localhost';

/** The organisations of each person who can log in, as the provider's claim names them. */
const PERSONS = { liva: ['latvia'], both: ['latvia', 'commission'], nobody: [] };

export class IdentityProvider {
  /** For whom tokens are: when that changes, a server that is told of it takes the earlier ones no longer. */
  audience = RESOURCE;
  /** Whether it gives what renews them. */
  givesRefreshTokens = true;
  /** Whether it says that tokens are given under another origin than that of its issuer. */
  givesTokensElsewhere = false;

  #web = createServer();

  /** It sends browsers back to the server of that origin. */
  static async start(origin) {
    const provider = new IdentityProvider();
    await provider.#begin(origin);
    return provider;
  }

  async #begin(origin) {
    this.#web.listen(0, '127.0.0.1');
    await once(this.#web, 'listening');
    this.issuer = `http://127.0.0.1:${this.#web.address().port}`;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...privateKey.export({ format: 'jwk' }), kid: 'ec', alg: 'ES256', use: 'sig' };
    const oidc = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT,
          application_type: 'web',
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code', 'refresh_token'],
          id_token_signed_response_alg: 'ES256',
          redirect_uris: [`${origin}/signed-in`],
          post_logout_redirect_uris: [`${origin}/`],
        },
      ],
      jwks: { keys: [key] },
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      cookies: { keys: ['a key of this test'] },
      pkce: { required: () => true },
      clientBasedCORS: () => true,
      issueRefreshToken: async () => this.givesRefreshTokens,
      features: {
        devInteractions: { enabled: true },
        revocation: { enabled: true },
        rpInitiatedLogout: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => RESOURCE,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: 'roadbook',
            audience: this.audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: 300,
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
      extraTokenClaims: (_ctx, token) => ({ org: PERSONS[token.accountId] ?? [] }),
      findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    });
    oidc.use(async (ctx, next) => {
      await next();
      if (!this.givesTokensElsewhere || ctx.path !== '/.well-known/openid-configuration') return;
      ctx.body = { ...ctx.body, token_endpoint: ctx.body.token_endpoint.replace('127.0.0.1', ELSEWHERE) };
    });
    this.#web.on('request', oidc.callback());
  }

  /** The settings of a server that trusts it. */
  settings() {
    return `[[identity.issuers]]
url = "${this.issuer}"
audience = "${this.audience}"

[identity.issuers.organisations]
latvia = "LV"
commission = "COM"

[identity.issuers.console]
client_id = "${CLIENT}"
scope = "openid roadbook"
title = "Test Provider"
`;
  }

  stop() {
    this.#web.close();
    this.#web.closeAllConnections();
  }
}

/** Fills in the provider's forms: who one is, and that the page may know. */
export async function logIn(page, person) {
  await page.getByPlaceholder('Enter any login').fill(person);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}
