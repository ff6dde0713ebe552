// What goes wrong at the keyboard and around it: whatever is pasted, however much of it, in whatever window.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { cellOf, edit, launch, openWindow, Server } from './harness.mjs';

const NOTES = 'Notes for reflexion';

let server;
let browser;
let page;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});

afterEach(async () => {
  await page.context().close();
  assert.deepEqual(page.faults, []);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(options = {}) {
  page = await openWindow(browser, server, 'GSC', options);
  await page.getByText('Live', { exact: true }).waitFor();
  return page;
}

/** Puts a text on the clipboard, and how a word processor marks it up, and pastes it into an empty editor. */
async function paste(cell, plain, html) {
  const box = await edit(page, cell);
  await box.fill('');
  await page.evaluate(
    async (texts) => {
      const parts = Object.entries(texts).map(([type, text]) => [type, new Blob([text], { type })]);
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(parts))]);
    },
    { 'text/plain': plain, ...(html === undefined ? {} : { 'text/html': html }) },
  );
  // What writes to the clipboard takes the scripts and styles out, and says so: it is the test that has put them there.
  page.faults.splice(0, page.faults.length, ...page.faults.filter((fault) => !fault.includes('Applying inline style')));
  await page.keyboard.press('Control+V');
  return box;
}

test('pasted formatting is left behind, and pasted scripts are words', async () => {
  await open({ permissions: ['clipboard-read', 'clipboard-write'] });
  const notes = cellOf(page, 'A.2.1', NOTES);
  const plain = 'Bold <b>words</b> <img src=x onerror=alert(1)>';
  const word = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><style>p.MsoNormal{color:red}</style>
    <p class=MsoNormal style='mso-fareast-language:EN'><b>Bold</b> words<script>document.title = 'taken'</script></p></html>`;
  const box = await paste(notes, plain, word);
  assert.equal(await box.inputValue(), plain);
  await page.keyboard.press('Control+Enter');
  await page.getByText(`Saved: A.2.1, ${NOTES}`).waitFor();
  await notes.getByText(plain).waitFor();
  assert.equal(await notes.locator('b, img, style, script').count(), 0);
  assert.notEqual(await page.title(), 'taken');
});

test('line breaks of word processors become lines, and what nobody sees goes', async () => {
  await open({ permissions: ['clipboard-read', 'clipboard-write'] });
  const notes = cellOf(page, 'A.3.1', NOTES);
  const box = await paste(notes, 'First\u000bSecond\u2028Third \u0007bell\u009f', '<p>First<br>Second</p>');
  assert.equal(await box.inputValue(), 'First\nSecond\nThird bell');
  await page.keyboard.press('Control+Enter');
  await page.getByText(`Saved: A.3.1, ${NOTES}`).waitFor();
});

test('a character that deceives is refused with its place', async () => {
  await open();
  const notes = cellOf(page, 'A.3.1', NOTES);
  const box = await edit(page, notes);
  await box.fill('Seen\u202ekcab');
  await page.keyboard.press('Control+Enter');
  await notes.getByRole('alert').getByText('U+202E at line 1, column 5').waitFor();
});

test('writing from right to left is shown from right to left', async () => {
  await open();
  const notes = cellOf(page, 'A.4.1', NOTES);
  const box = await edit(page, notes);
  await box.fill('עברית العربية 🇪🇺 👩‍👩‍👧');
  assert.equal(await box.evaluate((element) => getComputedStyle(element).direction), 'rtl');
  await page.keyboard.press('Control+Enter');
  await page.getByText(`Saved: A.4.1, ${NOTES}`).waitFor();
  const shown = notes.getByText('עברית العربية 🇪🇺 👩‍👩‍👧');
  assert.equal(await shown.evaluate((element) => getComputedStyle(element).direction), 'rtl');
});

test('a megabyte is refused and kept', async () => {
  await open({ permissions: ['clipboard-read', 'clipboard-write'] });
  page.setDefaultTimeout(60_000);
  const progress = cellOf(page, 'A.2.1', 'PROGRESS');
  const text = 'A line of the megabyte.\n'.repeat(43_700);
  const box = await paste(progress, text);
  await page.keyboard.press('Control+Enter');
  await progress.getByRole('alert').waitFor();
  assert.equal((await box.inputValue()).length, text.length);
  await page.reload();
  await progress.locator('textarea').waitFor();
  assert.equal((await progress.locator('textarea').inputValue()).length, text.length);
  await progress.getByRole('button', { name: 'Discard draft' }).click();
  await progress.locator('textarea').waitFor({ state: 'detached' });
  page.faults.splice(0, page.faults.length, ...page.faults.filter((fault) => !fault.includes('413')));
});

test('what the browser has no room to keep is not left without asking', async () => {
  await open();
  await page.evaluate(() => {
    for (let size = 2 ** 22; size > 0; size = Math.floor(size / 2)) {
      for (let at = 0; ; at += 1) {
        try {
          localStorage.setItem(`full ${size} ${at}`, 'x'.repeat(size));
        } catch {
          break;
        }
      }
    }
  });
  const box = await edit(page, cellOf(page, 'A.2.1', 'PROGRESS'));
  await box.pressSequentially('Not stored');
  const asked = page.waitForEvent('dialog');
  const left = page.goto('about:blank').catch(() => {});
  const dialog = await asked;
  assert.equal(dialog.type(), 'beforeunload');
  await dialog.dismiss();
  await left;
  assert.match(await box.inputValue(), /Not stored$/u);
});

test('a road map that one may not see is said to be none, like one that is not there', async () => {
  const path = '/road-maps/cybersecurity/compare?from=2015-06-10';
  page = await openWindow(browser, server, 'UK', { path });
  await page.getByText('There is no road map “cybersecurity” that you may see.').waitFor();
  assert.equal(await page.getByText('EU Cybersecurity Strategy').count(), 0);
});

/** A window that shows again a refused text is told apart by what it holds. */
async function typed(window, cell, text) {
  const box = await edit(window, cell);
  await box.fill(text);
}

test('two tabs of one person keep what was typed in each', async () => {
  const first = await open();
  const second = await first.context().newPage();
  const address = `${server.url}/road-maps/cybersecurity`;
  await second.goto(`${address}#token=${server.token('GSC')}`);
  const progress = (window) => cellOf(window, 'A.3.1', 'PROGRESS');
  await typed(first, progress(first), 'Typed in the first tab');
  await typed(second, progress(second), 'Typed in the second tab');
  for (const [window, text] of [[first, 'Typed in the first tab'], [second, 'Typed in the second tab']]) {
    await window.reload();
    await window.getByRole('region', { name: 'Not saved yet' }).getByRole('button', { name: 'Open' }).click();
    assert.equal(await progress(window).locator('textarea').inputValue(), text);
  }
  // The tab that goes leaves what was typed there to the one that stays, once its own is done with.
  await second.close();
  await progress(first).getByRole('button', { name: 'Discard draft' }).click();
  await first.getByRole('region', { name: 'Not saved yet' }).getByRole('button', { name: 'Open' }).click();
  assert.equal(await progress(first).locator('textarea').inputValue(), 'Typed in the second tab');
});

test('a server with a newer page has it reloaded, and what was typed stays', async () => {
  await open();
  const progress = cellOf(page, 'A.4.1', 'PROGRESS');
  const box = await edit(page, progress);
  await box.fill('Typed in the older page');
  // As a newer server would answer.
  await page.route(`${server.url}/`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(/index-[\w-]+\.js/u, 'index-newer.js') });
  });
  await server.kill();
  await page.getByText('Connection lost').waitFor();
  await server.resume();
  const reload = page.getByRole('button', { name: 'Reload' });
  await reload.waitFor();
  assert.equal(await box.inputValue(), 'Typed in the older page');
  await reload.click();
  await page.getByRole('region', { name: 'Not saved yet' }).getByRole('button', { name: 'Open' }).click();
  assert.equal(await progress.locator('textarea').inputValue(), 'Typed in the older page');
});
