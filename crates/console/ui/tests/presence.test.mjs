// Who is there: several windows on one road map, what each shows of the others, and what is left when one goes.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessibilityFaults, cellOf, edit, launch, openWindow, Server } from './harness.mjs';

const PROGRESS = 'PROGRESS';

let server;
let browser;
let secretariat;
let latvia;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  secretariat = await openWindow(browser, server, 'GSC');
  latvia = await openWindow(browser, server, 'LV');
  for (const page of [secretariat, latvia]) await page.getByText('2 present').waitFor();
});

afterEach(() => {
  for (const page of [secretariat, latvia]) assert.deepEqual(page.faults, []);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What a window shows of who looks at a cell, in words. */
function told(page, label, words) {
  return cellOf(page, label, PROGRESS).getByRole('listitem').getByText(words, { exact: true });
}

test('a cell shows who looks at it and who types in it, and no longer when they leave it', async () => {
  await cellOf(secretariat, 'A.2.1', PROGRESS).click();
  await told(latvia, 'A.2.1', 'General Secretariat looks at this.').waitFor();
  const box = await edit(secretariat, cellOf(secretariat, 'A.2.1', PROGRESS));
  await box.pressSequentially(' More.');
  await told(latvia, 'A.2.1', 'General Secretariat is typing here.').waitFor();
  assert.equal(await cellOf(latvia, 'A.2.1', PROGRESS).getByText('More.').count(), 0, 'the words come when they are saved');
  assert.deepEqual(await accessibilityFaults(latvia), []);
  await cellOf(secretariat, 'A.2.1', PROGRESS).getByRole('button', { name: 'Discard draft' }).click();
  await secretariat.getByRole('complementary').getByRole('button', { name: 'Close' }).click();
  await cellOf(latvia, 'A.2.1', PROGRESS).getByRole('listitem').waitFor({ state: 'detached' });
});

test('the wording of an action shows who looks at it and who types there, apart from its cells', async () => {
  const wording = (page) => cellOf(page, 'A.2.1', 'ACTIONS');
  const seen = (words) => wording(latvia).getByRole('listitem').getByText(words, { exact: true }).waitFor();
  await wording(secretariat).click();
  await seen('General Secretariat looks at this.');
  assert.equal(await cellOf(latvia, 'A.2.1', PROGRESS).getByRole('listitem').count(), 0);
  const box = await edit(secretariat, wording(secretariat));
  await box.pressSequentially(' More.');
  await seen('General Secretariat is typing here.');
  await wording(secretariat).getByRole('button', { name: 'Discard draft' }).click();
});

test('the title of a strand shows who is giving it another', async () => {
  const arranging = await openWindow(browser, server, 'GSC', { path: '/road-maps/cybersecurity/structure' });
  await arranging.getByRole('button', { name: 'Rename A.2' }).click();
  const title = latvia.getByRole('rowheader').filter({ hasText: 'A.2' }).first().getByRole('listitem');
  await title.getByText('General Secretariat looks at this.').waitFor();
  await arranging.getByRole('textbox', { name: 'Rename A.2' }).pressSequentially(' More');
  await title.getByText('General Secretariat is typing here.').waitFor();
  const other = await openWindow(browser, server, 'GSC', { path: '/road-maps/cybersecurity/structure' });
  await other.getByRole('listitem').getByText('General Secretariat is typing here.').waitFor();
  assert.deepEqual(await accessibilityFaults(other), []);
  await arranging.getByRole('button', { name: 'Cancel' }).click();
  await title.waitFor({ state: 'detached' });
  for (const page of [arranging, other]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
  await latvia.getByText('2 present').waitFor();
});

test('a shared cell shows who looks at it by any of its actions, and nobody is shown to oneself', async () => {
  await cellOf(secretariat, 'A.1.1', PROGRESS).click();
  await told(latvia, 'A.1.1', 'General Secretariat looks at this.').waitFor();
  assert.equal(await cellOf(secretariat, 'A.1.1', PROGRESS).getByRole('listitem').count(), 0);
});

test('who types in the cell that one has selected is said aloud, once', async () => {
  await cellOf(latvia, 'A.1.3', PROGRESS).click();
  const box = await edit(secretariat, cellOf(secretariat, 'A.1.3', PROGRESS));
  await box.pressSequentially(' More.');
  await latvia.getByRole('status').getByText('General Secretariat is typing here.').waitFor();
  await cellOf(secretariat, 'A.1.3', PROGRESS).getByRole('button', { name: 'Discard draft' }).click();
});

test('who closes the window is gone, and who comes is counted', async () => {
  const estonia = await openWindow(browser, server, 'EE');
  for (const page of [secretariat, latvia, estonia]) await page.getByText('3 present').waitFor();
  await estonia.context().close();
  for (const page of [secretariat, latvia]) await page.getByText('2 present').waitFor();
});

test('after a lost connection one is there again, at the same cell', async () => {
  await cellOf(secretariat, 'A.2.1', PROGRESS).click();
  await told(latvia, 'A.2.1', 'General Secretariat looks at this.').waitFor();
  await server.kill();
  await latvia.getByText('Connection lost').waitFor();
  await server.resume();
  await told(latvia, 'A.2.1', 'General Secretariat looks at this.').waitFor();
});

test('the past shows nobody', async () => {
  await latvia.goto(`${server.url}/road-maps/cybersecurity?at=2015-06-30`);
  await latvia.getByText('As it stood at the end of 30 June 2015.').waitFor();
  assert.equal(await cellOf(latvia, 'A.2.1', PROGRESS).getByRole('listitem').count(), 0);
});
