// A road map of 5,000 actions: it is read, scrolled and followed like a small one, and few of its rows are ever drawn.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cellOf, launch, openWindow, Server } from './harness.mjs';
import { enlarge } from './large.mjs';

/** A window of 900 pixels shows about a dozen rows; what is drawn beyond it keeps scrolling smooth. */
const ROWS_DRAWN_MAX = 250;

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  await enlarge(server);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('5,000 actions are scrolled from end to end with few rows drawn', async (context) => {
  const page = await openWindow(browser, server, 'LV');
  page.setDefaultTimeout(60_000);
  await page.getByText('5,077 actions').waitFor();
  const { frames, rowsMost } = await page.evaluate(async () => {
    const times = [];
    let most = 0;
    const end = document.documentElement.scrollHeight;
    for (let top = 0; top < end; top += 400) {
      scrollTo(0, top);
      const now = await new Promise((resolve) => requestAnimationFrame(resolve));
      times.push(now);
      if (times.length % 50 === 0) most = Math.max(most, document.querySelectorAll('tbody tr').length);
      if (times.length > 400) break;
    }
    scrollTo(0, document.documentElement.scrollHeight);
    return { frames: times.slice(1).map((time, at) => time - times[at]), rowsMost: most };
  });
  const sorted = frames.toSorted((a, b) => a - b);
  context.diagnostic(`frames ${sorted.length}, median ${sorted[sorted.length >> 1].toFixed(1)} ms, 95 % within ${sorted[Math.floor(sorted.length * 0.95)].toFixed(1)} ms`);
  assert.ok(rowsMost > 0 && rowsMost <= ROWS_DRAWN_MAX, `${rowsMost} rows are drawn`);
  await page.keyboard.press('Control+End');
  await cellOf(page, 'G.250.20', 'ACTIONS').waitFor();
  assert.deepEqual(page.faults, []);
});
