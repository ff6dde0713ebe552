// Signing in with a real identity provider, `oidc-provider` on a free port: there and back to the same view, renewal on the
// open socket, a token that runs out while somebody types, and signing out.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessibilityFaults, cellOf, edit, launch, openWindow, Server } from './harness.mjs';
import { ELSEWHERE, IdentityProvider, logIn } from './provider.mjs';

const VIEW = '/road-maps/cybersecurity?field=A&text=internet';

let server;
let browser;
let provider;
let page;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  provider = await IdentityProvider.start(server.url);
  await server.serve(provider.settings());
});

afterEach(async () => {
  provider.givesRefreshTokens = true;
  // That a token is refused is what some of these tests are about.
  const faults = page.faults.filter((fault) => !/status of 40[013]/u.test(fault) && !fault.includes('favicon'));
  await page.context().close();
  assert.deepEqual(faults, []);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  provider?.stop();
});

const signInButton = () => page.getByRole('button', { name: 'Sign in with Test Provider' });

async function signIn(person, path = VIEW) {
  page = await openWindow(browser, server, undefined, { path });
  await signInButton().click();
  await logIn(page, person);
}

const isLive = () => page.getByText('Live', { exact: true }).waitFor();

test('one comes back to the view that one left, and no token is stored', async () => {
  await signIn('liva');
  await page.getByRole('banner').getByText('Latvia').waitFor();
  await cellOf(page, 'A.2.1', 'ACTIONS').waitFor();
  assert.equal(page.url(), `${server.url}${VIEW}`);
  const stored = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  assert.doesNotMatch(stored, /eyJ|verifier/u);
});

test('a reload signs in again without asking', async () => {
  await signIn('liva');
  await isLive();
  await page.reload();
  await isLive();
  assert.equal(page.url(), `${server.url}${VIEW}`);
});

test('a reload asks when the provider does not remember the person any more', async () => {
  await signIn('liva');
  await isLive();
  await page.context().clearCookies();
  await page.reload();
  await signInButton().waitFor();
  assert.equal(page.url(), `${server.url}${VIEW}`);
  await page.reload();
  await signInButton().waitFor();
});

test('a token is renewed on the open socket before it runs out', async () => {
  page = await openWindow(browser, server, undefined, { path: VIEW });
  // Set before the page begins again, so that it reckons by this clock.
  await page.clock.install();
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket));
  await signInButton().click();
  await logIn(page, 'liva');
  await isLive();
  const [socket] = sockets;
  const renewed = socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('"authorized":true'));
  await page.clock.fastForward(230_000);
  await renewed;
  assert.equal(sockets.length, 1);
  assert.equal(socket.isClosed(), false);
});

/** Has the server take none of the tokens that were given so far. */
async function endTokens() {
  provider.audience += '/next';
  await server.serve(provider.settings());
}

test('a token that is refused while somebody types is renewed, and typing goes on', async () => {
  await signIn('liva');
  await isLive();
  const due = cellOf(page, 'A.2.1', 'DUE DATE');
  const box = await edit(page, due);
  await box.fill('November 2026');
  await endTokens();
  await page.getByText('Connection lost').waitFor();
  await isLive();
  assert.equal(await box.inputValue(), 'November 2026');
  await due.getByText('Understood as: 1 November 2026').waitFor();
});

test('what is typed when the token runs out is there after the next sign-in', async () => {
  provider.givesRefreshTokens = false;
  await signIn('liva');
  await isLive();
  const due = cellOf(page, 'A.2.1', 'DUE DATE');
  const box = await edit(page, due);
  await box.fill('December 2026');
  await endTokens();
  await page.getByText('Your sign-in has ended.').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await signInButton().click();
  await page.getByRole('region', { name: 'Not saved yet' }).getByRole('button', { name: 'Open' }).click();
  assert.equal(await due.locator('textarea').inputValue(), 'December 2026');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Proposed as an amendment: A.2.1, DUE DATE.').waitFor();
});

test('a token that cannot be renewed is told of before it runs out', async () => {
  provider.givesRefreshTokens = false;
  page = await openWindow(browser, server, undefined, { path: VIEW });
  await page.clock.install();
  await signInButton().click();
  await logIn(page, 'liva');
  await isLive();
  await page.clock.fastForward(230_000);
  await page.getByText('Your sign-in ends soon').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByRole('button', { name: 'Sign in again' }).click();
  await page.getByText('Your sign-in ends soon').waitFor({ state: 'detached' });
  await isLive();
});

test('who speaks for several organisations says for which, and is asked once', async () => {
  await signIn('both');
  await page.getByText('You speak for several organisations.').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByRole('button', { name: 'Commission' }).click();
  await page.getByRole('banner').getByText('Commission').waitFor();
  await isLive();
  await page.reload();
  await page.getByRole('banner').getByText('Commission').waitFor();
  await isLive();
});

test('who belongs to nobody is told so', async () => {
  await signIn('nobody');
  await page.getByRole('alert').getByText('You were not signed in: the token names no organisation').waitFor();
});

test('an answer that this window did not ask for opens nothing', async () => {
  page = await openWindow(browser, server, undefined, { path: '/signed-in?code=stolen&state=unknown' });
  await page.getByRole('alert').getByText('is not one that this window asked for').waitFor();
  assert.equal(page.url(), `${server.url}/`);
  await signInButton().waitFor();
});

test('signing out ends the session here, in other windows and with the provider', async () => {
  await signIn('liva');
  await isLive();
  const other = await page.context().newPage();
  await other.goto(`${server.url}${VIEW}`);
  await other.getByRole('button', { name: 'Sign in with Test Provider' }).click();
  await other.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await signInButton().waitFor();
  await other.getByRole('button', { name: 'Sign in with Test Provider' }).waitFor();
  await signInButton().click();
  await page.getByPlaceholder('Enter any login').waitFor();
});

test('tokens may be given under another origin than that of the issuer', async () => {
  provider.givesTokensElsewhere = true;
  await server.serve(provider.settings());
  // The server has asked the provider where once its policy names that.
  const policy = async () => (await fetch(server.url)).headers.get('content-security-policy');
  while (!(await policy()).includes(ELSEWHERE));
  await signIn('liva');
  await isLive();
  await page.reload();
  await isLive();
});
