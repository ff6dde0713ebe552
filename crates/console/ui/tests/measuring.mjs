// Measures the console in a browser, and prints the figures as JSON: node tests/measuring.mjs RUNS
// What a person waits for is taken when it is painted, by the page's own clock; how it scrolls, from the browser's trace.
import { randomUUID } from 'node:crypto';
import { cellOf, launch, openWindow, Server } from './harness.mjs';
import { ACTIONS, enlarge } from './large.mjs';

const runs = Number(process.argv[2] ?? 5);
/** Changes by another delegation in a run. */
const CHANGES = 10;
const PATH = '/road-maps/cybersecurity';
/** How far and how fast is scrolled, in pixels: some 1,500 rows in four seconds. */
const DISTANCE = 20_000;
const SPEED = 5_000;
/** Of the page of plain text: more than are scrolled over. */
const LINES = 1_000;
const FRAMES = ['disabled-by-default-devtools.timeline.frame', 'devtools.timeline', 'disabled-by-default-devtools.timeline'];

const median = (values) => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
const percentile = (values, part) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1];

/** Notes in the page when the first cells of the table were painted, and when a text is in it. */
function watch() {
  globalThis.painted = {};
  const afterPaint = (then) => requestAnimationFrame(() => setTimeout(then));
  const wanted = new Map();
  globalThis.whenShown = (text) => new Promise((resolve) => wanted.set(text, resolve));
  new MutationObserver(() => {
    if (globalThis.painted.table === undefined && document.querySelector('[role=gridcell][data-place]')) {
      globalThis.painted.table = null;
      afterPaint(() => (globalThis.painted.table = performance.now()));
    }
    for (const [text, resolve] of wanted) {
      if (!document.body.textContent.includes(text)) continue;
      wanted.delete(text);
      afterPaint(() => resolve(performance.timeOrigin + performance.now()));
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

/** Milliseconds from the request for the page until there is something, and until the table is there; nothing is cached. */
async function opened(browser, server) {
  const page = await openWindow(browser, server, 'LV', { watch });
  await page.waitForFunction(() => typeof globalThis.painted.table === 'number');
  const found = await page.evaluate(() => ({
    first: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    table: globalThis.painted.table,
    bytes: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
      (sum, { transferSize }) => sum + transferSize,
      0,
    ),
  }));
  await page.context().close();
  return found;
}

/** Milliseconds from sending an edit of another delegation until its words are painted. */
async function told(browser, server) {
  const page = await openWindow(browser, server, 'LV', { watch });
  await page.getByText('Live', { exact: true }).waitFor();
  const cell = cellOf(page, 'A.1.3', 'PROGRESS');
  const query = `{ roadMaps { edges { node { id state {
    moment { cursor } columns { key name } fields { strands { actions { key label } } } } } } } }`;
  const { node } = (await server.ask('GSC', query)).roadMaps.edges[0];
  const action = node.state.fields.flatMap(({ strands }) => strands.flatMap(({ actions }) => actions)).find(({ label }) => label === 'A.1.3').key;
  const column = node.state.columns.find(({ name }) => name === 'progress').key;
  const send = server.asker('GSC');
  await cell.waitFor();
  let base = node.state.moment.cursor;
  const times = [];
  for (let change = 0; change < CHANGES; change += 1) {
    const content = `Change ${randomUUID()}`;
    const shown = page.evaluate((text) => globalThis.whenShown(text), content);
    // What was asked of the page has arrived there once it answers.
    await page.evaluate(() => undefined);
    const sent = performance.timeOrigin + performance.now();
    const input = { roadMap: node.id, commandId: randomUUID(), base, commands: [{ setCell: { action, column, content } }] };
    const { edit } = await send('mutation($input: EditInput!) { edit(input: $input) { ... on EditDone { cursor } } }', { input });
    base = edit.cursor;
    times.push((await shown) - sent);
  }
  await page.context().close();
  return times;
}

/** The frames while the large table is scrolled by a wheel. */
async function scrolled(browser, server) {
  const page = await openWindow(browser, server, 'LV');
  await page.getByText(`${ACTIONS.toLocaleString('en-GB')} actions`).waitFor({ timeout: 60_000 });
  await cellOf(page, 'A.1.1', 'ACTIONS').waitFor();
  return framesWhileScrolling(browser, page);
}

/** The same of a page of plain text as long: what the browser does at best. */
async function plainScrolled(browser) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.setContent(Array.from({ length: LINES }, (_, at) => `<p>Line ${at + 1} of a page of plain text</p>`).join(''));
  return framesWhileScrolling(browser, page);
}

async function framesWhileScrolling(browser, page) {
  const devtools = await page.context().newCDPSession(page);
  const scroll = (distance) =>
    devtools.send('Input.synthesizeScrollGesture', { x: 700, y: 600, yDistance: -distance, speed: SPEED, gestureSourceType: 'mouse' });
  // The first of it brings what is needed once.
  await scroll(SPEED);
  await browser.startTracing(page, { categories: FRAMES });
  await scroll(DISTANCE);
  const { traceEvents } = JSON.parse(String(await browser.stopTracing()));
  await page.context().close();
  return framesOf(traceEvents);
}

/** What the trace tells of frames: how many were drawn a second, and how long the page itself worked for each of its own. */
function framesOf(events) {
  const named = (name) => events.filter((event) => event.name === name);
  const threads = new Map(named('thread_name').map(({ pid, tid, args }) => [`${pid} ${tid}`, args.name]));
  const isOfPage = ({ pid, tid }) => threads.get(`${pid} ${tid}`) === 'CrRendererMain';
  const drawn = named('DrawFrame').map(({ ts }) => ts / 1000).toSorted((a, b) => a - b);
  const between = drawn.slice(1).map((time, at) => time - drawn[at]);
  // From one frame of the page to the next: what it did meanwhile is the work of one frame.
  const ends = named('Commit').filter(isOfPage).map(({ ts, dur = 0 }) => ts + dur).toSorted((a, b) => a - b);
  const work = ends.map(() => 0);
  for (const { ts, dur = 0 } of named('RunTask').filter(isOfPage)) {
    const at = ends.findIndex((end) => ts < end);
    if (at >= 0) work[at] += dur / 1000;
  }
  return {
    per_second: between.length / ((drawn.at(-1) - drawn[0]) / 1000),
    between: percentile(between, 0.95),
    work: median(work),
    work_long: percentile(work, 0.95),
  };
}

/** Milliseconds until a page of one line of text is painted: what the browser takes by itself. */
async function plainOpened(browser, server) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/health/ready`);
  const first = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
  const time = await (await page.waitForFunction(first)).jsonValue();
  await context.close();
  return time;
}

const server = await Server.start();
const browser = await launch();
try {
  const small = [];
  for (let run = 0; run < runs; run += 1) {
    small.push({
      plain: await plainOpened(browser, server),
      opened: await opened(browser, server),
      changes: await told(browser, server),
    });
  }
  await enlarge(server);
  const found = [];
  for (const run of small) {
    found.push({ ...run, scrolled: await scrolled(browser, server), scrolled_plain: await plainScrolled(browser) });
  }
  console.log(JSON.stringify({ actions: ACTIONS, runs: found }));
} finally {
  await browser.close();
  await server.stop();
}
