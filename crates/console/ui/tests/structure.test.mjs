// The Presidency's page: what is arranged there reaches the table of every other window.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { cellOf, launch, openWindow, Server } from './harness.mjs';

let server;
let browser;
let secretariat;
let estonia;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  secretariat = await openWindow(browser, server, 'GSC', { path: '/road-maps/cybersecurity/structure' });
  estonia = await openWindow(browser, server, 'EE');
  await secretariat.getByRole('button', { name: 'Rename A.1' }).waitFor();
  await estonia.getByText('Live', { exact: true }).waitFor();
});

afterEach(() => {
  for (const page of [secretariat, estonia]) assert.deepEqual(page.faults, []);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** How often a window reads a whole road map. */
function wholeReads(page) {
  const reads = [];
  page.on('request', (request) => {
    if (request.postData()?.includes('query RoadMapAt') === true) reads.push(request.url());
  });
  return reads;
}

test('an action that is added stands at the end of its strand, which alone is read anew', async () => {
  const reads = wholeReads(estonia);
  await secretariat.getByRole('button', { name: 'A.2: show or hide what is below' }).press('Enter');
  const strand = secretariat.getByRole('listitem').filter({ has: secretariat.getByRole('button', { name: 'Rename A.2', exact: true }) }).last();
  await strand.getByRole('button', { name: 'Add an action' }).press('Enter');
  await secretariat.keyboard.type('Follow up the conclusions');
  await secretariat.keyboard.press('Enter');
  await cellOf(estonia, 'A.2.2', 'ACTIONS').getByText('Follow up the conclusions').waitFor();
  assert.deepEqual(reads, []);
});

test('a name that is being typed outlives a reload and another page, until it is cancelled', async () => {
  await secretariat.getByRole('button', { name: 'Rename A.1', exact: true }).click();
  const box = secretariat.getByRole('textbox', { name: 'Rename A.1', exact: true });
  await box.fill('Typed and not saved');
  await secretariat.reload();
  await box.waitFor();
  assert.equal(await box.inputValue(), 'Typed and not saved');
  await secretariat.getByRole('link', { name: 'Overview' }).click();
  await secretariat.getByRole('link', { name: 'Structure' }).click();
  await box.waitFor();
  assert.equal(await box.inputValue(), 'Typed and not saved');
  await secretariat.getByRole('button', { name: 'Cancel' }).click();
  await secretariat.reload();
  await secretariat.getByRole('button', { name: 'Rename A.1', exact: true }).waitFor();
  await secretariat.getByRole('button', { name: /^A\.2: show or hide/u }).press('Enter');
});

test('an action is moved by its buttons', async () => {
  await secretariat.getByRole('button', { name: 'Move A.2.2 up' }).press('Enter');
  await cellOf(estonia, 'A.2.1', 'ACTIONS').getByText('Follow up the conclusions').waitFor();
});

test('a strand is moved by dragging', async () => {
  const rename = (label) => secretariat.getByRole('button', { name: `Rename ${label}`, exact: true });
  const item = (label) => secretariat.locator('[draggable]').filter({ has: rename(label) }).locator('> span').first();
  await item('A.4').dragTo(item('A.3'));
  await estonia.getByRole('rowheader', { name: 'A.3 Cybersecurity is key to protecting' }).waitFor();
});

test('what is removed can be restored', async () => {
  await secretariat.locator('[draggable]').filter({ hasText: 'A.2.1 Follow up the conclusions' }).waitFor();
  await secretariat.getByRole('button', { name: 'Remove A.2.1' }).click();
  await secretariat.getByRole('button', { name: 'Remove', exact: true }).click();
  await cellOf(estonia, 'A.2.1', 'ACTIONS').getByText('Adoption of Council Conclusions on Internet Governance').waitFor();
  await secretariat.getByRole('button', { name: 'Restore A.2.1 Follow up the conclusions' }).click();
  await cellOf(estonia, 'A.2.1', 'ACTIONS').getByText('Follow up the conclusions').waitFor();
  await secretariat.getByText('Nothing is removed.').waitFor();
});

test('a column is added, with a footnote', async () => {
  await secretariat.getByLabel('Heading').fill('Remarks');
  await secretariat.getByRole('button', { name: 'Add a column' }).click();
  await estonia.getByRole('columnheader', { name: 'Remarks' }).waitFor();
  await secretariat.getByRole('button', { name: 'Footnote of Remarks' }).click();
  await secretariat.keyboard.type('For the next meeting.');
  await secretariat.keyboard.press('Enter');
  await estonia.getByText('For the next meeting.').waitFor();
});

test('a revision is issued and found in the past', async () => {
  await secretariat.getByLabel('Document number').fill('6183/3/15 REV 3');
  await secretariat.getByRole('button', { name: 'Issue a revision' }).click();
  await secretariat.getByText('6183/3/15 REV 3,').waitFor();
  await estonia.getByRole('button', { name: 'Look at the past' }).click();
  await estonia.getByRole('button', { name: '6183/3/15 REV 3' }).waitFor();
});

test('what is refused is told in the words of the server', async () => {
  await secretariat.getByLabel('Presidency whose term has ended').fill('2015H1-LV');
  await secretariat.getByRole('button', { name: 'Close the presidency' }).click();
  await secretariat.getByRole('status').filter({ hasText: '2015H1-LV' }).waitFor();
  assert.equal(await secretariat.getByLabel('Presidency whose term has ended').inputValue(), '2015H1-LV');
});
