// A running `roadbook demo` and browser windows on it, for the tests of the console.
// ROADBOOK is the binary to drive, CHROMIUM the browser. What a page says to its console is kept, and a test fails if
// it is an error: a broken policy or script must not pass unseen.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const roadbook = resolve(process.env.ROADBOOK ?? '../../../target/debug/roadbook');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const DELEGATIONS = 'IE LT EL IT LV LU NL SK MT EE BG AT RO FI HR DE PT SI FR CZ SE ES BE PL DK CY'.split(' ');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** `roadbook demo` on a database and a port of its own, which can be killed and started again. */
export class Server {
  #folder = mkdtempSync(join(tmpdir(), 'roadbook-console-'));
  #command = ['demo'];
  #process;

  static async start() {
    const server = new Server();
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    await server.resume();
    return server;
  }

  /** Goes on as `roadbook serve` with such settings, and with tokens of development besides. */
  async serve(settings) {
    await this.kill();
    writeFileSync(join(this.#folder, 'roadbook.toml'), settings);
    this.#command = ['serve', '--dev'];
    await this.resume();
  }

  get database() {
    return `sqlite:${join(this.#folder, 'demo.db')}`;
  }

  async resume() {
    const listen = `127.0.0.1:${this.port}`;
    this.#process = spawn(roadbook, [...this.#command, '--listen', listen, '--database', this.database], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(createInterface({ input: this.#process.stdout }), 'line');
    assert.match(line, /^http:/u);
    this.#process.stdout.resume();
  }

  async kill() {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  async stop() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  token(organisation) {
    const args = ['token', '--database', this.database, '--organisation', organisation];
    return execFileSync(roadbook, args, { cwd: this.#folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  }

  /** The delegation that holds the Presidency today: with the Secretariat, it may do whatever is tested here. */
  async presidency() {
    const { roadMaps } = await this.ask('GSC', '{ roadMaps { edges { node { id } } } }');
    const { id } = roadMaps.edges[0].node;
    for (const code of DELEGATIONS) {
      const { viewer } = await this.ask(code, 'query($id: ID!) { viewer { capacities(roadMap: $id) } }', { id });
      if (viewer.capacities.includes('PRESIDENCY')) return code;
    }
    throw new Error('nobody holds the Presidency');
  }

  ask(organisation, query, variables = {}) {
    return this.asker(organisation)(query, variables);
  }

  /** Asks as an organisation, whose token is made once. */
  asker(organisation) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.token(organisation)}` };
    return async (query, variables = {}) => {
      const response = await fetch(`${this.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      const { data, errors } = await response.json();
      assert.equal(errors, undefined, JSON.stringify(errors));
      return data;
    };
  }
}

/** What the page calls a delegation. */
export function nameOf(code) {
  const region = { EL: 'GR', UK: 'GB' }[code] ?? code;
  return new Intl.DisplayNames('en-GB', { type: 'region' }).of(region);
}

export function launch() {
  // A container has no user namespaces for the sandbox; the pages are our own.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/**
 * A window in which a delegation is signed in, or nobody if none is named, on the road map's table unless a path is given;
 * `watch` is run in the page before anything of its own.
 */
export async function openWindow(browser, server, organisation, options = {}) {
  const { path = '/road-maps/cybersecurity', watch, ...contextOptions } = options;
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 }, ...contextOptions });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  if (watch) await page.addInitScript(watch);
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    const isOfNetwork = /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|net::|WebSocket connection/u.test(message.text());
    if (message.type() === 'error' && !isOfNetwork) faults.push(`${message.text()} ${message.location().url}`);
  });
  page.faults = faults;
  const token = organisation === undefined ? '' : `#token=${server.token(organisation)}`;
  await page.goto(`${server.url}${path}${token}`);
  return page;
}

/** The cell of an action in a column, by their headings as a reader finds them. */
export function cellOf(page, label, heading) {
  return page.locator(`[data-place="${label}"][data-label="${heading}"]`);
}

export async function edit(page, cell) {
  await cell.click();
  await page.keyboard.press('Enter');
  const box = cell.locator('textarea');
  await box.waitFor();
  return box;
}

/** What axe finds wrong with a page. */
export async function accessibilityFaults(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(' | ')}`);
}
