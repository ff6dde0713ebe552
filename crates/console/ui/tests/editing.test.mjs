// The Presidency and the Secretariat in two windows: what one does reaches the other, and nothing that anyone typed is
// lost.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessibilityFaults, cellOf, edit, launch, nameOf, openWindow, Server } from './harness.mjs';

let server;
let browser;
let chair;
let presidency;
let secretariat;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  chair = await server.presidency();
  presidency = await openWindow(browser, server, chair);
  secretariat = await openWindow(browser, server, 'GSC');
  await Promise.all([presidency, secretariat].map((page) => page.getByText('Live', { exact: true }).waitFor()));
});

afterEach(() => {
  for (const page of [presidency, secretariat]) assert.deepEqual(page.faults, []);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The cell once nothing of its own is on its way. */
function settled(cell) {
  return cell.and(cell.page().locator(':not([data-fate])')).waitFor();
}

function focused(cell) {
  return cell.and(cell.page().locator(':focus')).waitFor();
}

async function write(page, cell, text) {
  const box = await edit(page, cell);
  await box.fill(text);
  await page.keyboard.press('Control+Enter');
}

test('a change by somebody else is shown without asking for it', async () => {
  const notes = (page) => cellOf(page, 'A.1.3', 'Notes for reflexion');
  await notes(presidency).waitFor();
  await write(secretariat, notes(secretariat), 'Seen by both');
  await notes(presidency).getByText('Seen by both').waitFor();
});

test('an edit is shown at once and then confirmed', async () => {
  const due = cellOf(presidency, 'A.3.1', 'DUE DATE');
  await write(presidency, due, 'March 2027');
  await due.getByText('March 2027').waitFor();
  await presidency.getByText('Saved: A.3.1, DUE DATE').waitFor();
  await presidency.getByText('Understood as: 1 March 2027 to 31 March 2027').waitFor();
});

test('how a deadline is understood is told while it is typed', async () => {
  const due = cellOf(presidency, 'A.3.1', 'DUE DATE');
  const box = await edit(presidency, due);
  for (const [text, told] of [
    ['July 2015', 'Understood as: 1 July 2015 to 31 July 2015'],
    ['on-going', 'Understood as: on-going'],
    ['2014-2016', 'Understood as: 1 January 2014 to 31 December 2016'],
    ['whenever', 'Not understood as a date or status'],
  ]) {
    await box.fill(text);
    await due.getByText(told).waitFor();
  }
  await due.getByRole('button', { name: 'Discard draft' }).click();
});

test('actors are suggested by any of their names', async () => {
  const actors = cellOf(presidency, 'A.3.1', 'Lead/ Other Actors');
  const box = await edit(presidency, actors);
  await box.fill('');
  await box.pressSequentially('European Exter');
  await actors.getByRole('group', { name: 'Suggestions' }).getByRole('button', { name: 'EEAS' }).click();
  assert.equal(await box.inputValue(), 'EEAS');
  await actors.getByText('Lead: European External Action Service').waitFor();
  await actors.getByRole('button', { name: 'Discard draft' }).click();
});

test('the Presidency lets actions share a cell, by keyboard, and splits it again', async () => {
  const notes = (page, label) => cellOf(page, label, 'Notes for reflexion');
  const read = [];
  const note = (request) => read.push(/\b(RoadMapAt|StrandNow)\b/u.exec(request.postData() ?? '')?.[1]);
  for (const page of [presidency, secretariat]) page.on('request', note);
  await notes(presidency, 'A.1.2').click();
  const panel = presidency.getByRole('complementary');
  await panel.getByRole('button', { name: 'Share with other actions' }).press('Enter');
  await panel.getByLabel('To action').selectOption('A.1.3');
  await panel.getByLabel('What they share').fill('Shared by the Presidency');
  assert.deepEqual(await accessibilityFaults(presidency), []);
  await panel.getByRole('button', { name: 'Share this cell' }).press('Enter');
  await notes(secretariat, 'A.1.2').getByText('Shared by the Presidency').waitFor();
  assert.equal(await notes(secretariat, 'A.1.2').getAttribute('rowspan'), '2');
  await notes(presidency, 'A.1.2').click();
  await panel.getByRole('button', { name: 'Split into a cell for each action' }).press('Enter');
  await notes(secretariat, 'A.1.3').getByText('Shared by the Presidency').waitFor();
  for (const page of [presidency, secretariat]) page.off('request', note);
  assert.deepEqual(read.filter((name) => name !== undefined), [], 'the event tells all there is to know');
});

test('two changes to different words of one cell are merged, and the author is told what came in', async () => {
  const progress = (page) => cellOf(page, 'A.2.1', 'PROGRESS');
  await write(presidency, progress(presidency), 'First sentence here.\nSecond sentence here.');
  await progress(secretariat).getByText('Second sentence here.').waitFor();
  const box = await edit(secretariat, progress(secretariat));
  await box.fill('First sentence here.\nSecond sentence by the Secretariat.');
  await write(presidency, progress(presidency), 'First sentence by the Presidency.\nSecond sentence here.');
  await settled(progress(presidency));
  await secretariat.keyboard.press('Control+Enter');
  await secretariat.getByText('Merged: A.2.1, PROGRESS.').waitFor();
  for (const page of [presidency, secretariat]) {
    await progress(page).getByText('First sentence by the Presidency.').waitFor();
    await progress(page).getByText('Second sentence by the Secretariat.').waitFor();
  }
  await secretariat.getByRole('button', { name: 'Put away' }).click();
});

test('a conflict shows all three texts word by word and is settled by one click', async () => {
  const notes = (page) => cellOf(page, 'A.2.1', 'Notes for reflexion');
  const box = await edit(secretariat, notes(secretariat));
  await box.fill('Update on results of implementation');
  await write(presidency, notes(presidency), 'Update on state of implementation');
  await settled(notes(presidency));
  await secretariat.keyboard.press('Control+Enter');
  const dialog = secretariat.getByRole('dialog');
  await dialog.getByText(`${nameOf(chair)} changed this on`).waitFor();
  assert.equal(await dialog.locator('.primary').count(), 1);
  assert.deepEqual(await dialog.locator('del').allTextContents(), ['deleted: progress (end)', 'deleted: progress (end)']);
  assert.deepEqual(await dialog.locator('ins').allTextContents(), ['inserted: state (end)', 'inserted: results (end)']);
  await dialog.getByRole('button', { name: 'Let yours stand' }).click();
  await dialog.waitFor({ state: 'detached' });
  for (const page of [presidency, secretariat]) await notes(page).getByText('Update on results of implementation').waitFor();
});

test('a conflict that is put off is kept over a reload', async () => {
  const notes = (page) => cellOf(page, 'A.4.1', 'Notes for reflexion');
  const box = await edit(secretariat, notes(secretariat));
  await box.fill('Words of the Secretariat');
  await write(presidency, notes(presidency), 'Words of the Presidency');
  await settled(notes(presidency));
  await secretariat.keyboard.press('Control+Enter');
  await secretariat.getByRole('button', { name: 'Decide later' }).click();
  await notes(secretariat).getByText('Words of the Presidency').waitFor();
  await secretariat.reload();
  const dialog = secretariat.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Write one text of both' }).click();
  assert.equal(await dialog.locator('textarea').inputValue(), 'Words of the Presidency\nWords of the Secretariat');
  await dialog.getByRole('button', { name: 'Save this text' }).click();
  await notes(presidency).getByText('Words of the Secretariat').waitFor();
});

test('what is refused stays in the editor with the reason', async () => {
  const due = cellOf(secretariat, 'A.3.1', 'DUE DATE');
  const text = 'x'.repeat(600);
  const box = await edit(secretariat, due);
  await box.fill(text);
  await secretariat.keyboard.press('Control+Enter');
  await due.getByRole('alert').waitFor();
  assert.equal(await due.locator('textarea').inputValue(), text);
  await due.getByRole('button', { name: 'Discard draft' }).click();
  await due.getByText('March 2027').waitFor();
});

test('what was typed survives a reload', async () => {
  const progress = cellOf(secretariat, 'A.3.1', 'PROGRESS');
  const box = await edit(secretariat, progress);
  await box.fill('Typed before the reload');
  await secretariat.reload();
  await secretariat.getByRole('region', { name: 'Not saved yet' }).getByRole('button', { name: 'Open' }).click();
  assert.equal(await progress.locator('textarea').inputValue(), 'Typed before the reload');
  await secretariat.keyboard.press('Control+Enter');
  await cellOf(presidency, 'A.3.1', 'PROGRESS').getByText('Typed before the reload').waitFor();
});

test('what others changed is in the inbox until it is seen, if it is followed', async () => {
  const page = await openWindow(browser, server, 'NL', { path: '/road-maps/cybersecurity/following' });
  await page.getByText('Nothing by others since you last looked.').waitFor();
  await page.getByLabel('A.4 Cybersecurity is key').check();
  await write(presidency, cellOf(presidency, 'A.3.1', 'Notes for reflexion'), 'Not followed');
  await write(presidency, cellOf(presidency, 'A.4.1', 'DUE DATE'), 'On-going');
  const entries = page.getByRole('region', { name: 'Since you last looked' }).getByRole('listitem');
  await entries.first().waitFor();
  assert.equal(await entries.count(), 1);
  await page.reload();
  await entries.first().waitFor();
  await page.getByRole('button', { name: 'I have seen all of it' }).click();
  await page.getByText('Nothing by others since you last looked.').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an action is followed from beside the table, in all windows of the browser, and its news lead to it', async () => {
  const page = await openWindow(browser, server, 'NL');
  const due = cellOf(page, 'A.3.1', 'DUE DATE');
  await due.click();
  await page.getByRole('button', { name: 'Follow this action' }).click();
  await page.getByRole('button', { name: 'Stop following it' }).waitFor();
  const other = await page.context().newPage();
  await other.goto(`${server.url}/road-maps/cybersecurity/following#token=${server.token('NL')}`);
  await other.getByRole('group', { name: 'ACTIONS' }).getByRole('checkbox').waitFor();
  await write(presidency, cellOf(presidency, 'A.1.3', 'Notes for reflexion'), 'Of another action');
  await write(presidency, cellOf(presidency, 'A.3.1', 'DUE DATE'), 'May 2027');
  const entries = other.getByRole('region', { name: 'Since you last looked' }).getByRole('listitem');
  await entries.first().waitFor();
  assert.equal(await entries.count(), 1);
  await entries.getByRole('link').click();
  await other.locator('[aria-selected=true]').and(other.locator('[data-place="A.3.1"]')).waitFor();
  assert.equal(await entries.count(), 0);
  await page.getByRole('button', { name: 'Stop following it' }).click();
  await other.goto(`${server.url}/road-maps/cybersecurity/following`);
  await other.getByText('What you follow').waitFor();
  assert.equal(await other.getByRole('group', { name: 'ACTIONS' }).count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a notice of the desktop says what happened while one looks elsewhere', async () => {
  const page = await openWindow(browser, server, 'NL', { permissions: ['notifications'] });
  await page.evaluate(() => {
    globalThis.shown = [];
    const Real = Notification;
    globalThis.Notification = class extends Real {
      constructor(title, options) {
        super(title, options);
        globalThis.shown.push(`${title}: ${options.body}`);
      }
    };
    Object.defineProperty(document, 'hidden', { get: () => true });
  });
  await page.getByText('Live', { exact: true }).waitFor();
  // What one has seen is known before anything happens.
  await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith('roadbook.following:')));
  await write(presidency, cellOf(presidency, 'A.1.3', 'DUE DATE'), 'Mid-2027');
  await page.waitForFunction(() => globalThis.shown.length > 0);
  const [told] = await page.evaluate(() => globalThis.shown);
  assert.match(told, /^EU Cybersecurity Strategy: Road map development: .*A\.1\.3/u);
  assert.doesNotMatch(told, /Mid-2027/u);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who may not set a cell proposes a text, and the Presidency accepts it', async () => {
  const netherlands = await openWindow(browser, server, 'NL');
  const due = (page) => cellOf(page, 'A.2.1', 'DUE DATE');
  const box = await edit(netherlands, due(netherlands));
  await box.fill('December 2026');
  await netherlands.getByRole('button', { name: 'Propose', exact: true }).click();
  await netherlands.getByText('Proposed as an amendment: A.2.1, DUE DATE.').waitFor();
  await netherlands.getByRole('button', { name: 'Withdraw' }).waitFor();
  assert.deepEqual(await accessibilityFaults(netherlands), []);
  await due(presidency).click();
  await presidency.getByRole('button', { name: 'Accept' }).click();
  await due(netherlands).getByText('December 2026').waitFor();
  await netherlands.getByText('Netherlands').and(netherlands.locator('strong')).first().waitFor();
  assert.deepEqual(netherlands.faults, []);
  await netherlands.context().close();
});

test('marks, scripts and other writing are shown as they were typed', async () => {
  const text = '<script>alert(1)</script> <b>bold</b>\nעברית العربية 🇪🇺';
  const notes = (page) => cellOf(page, 'A.1.1', 'Notes for reflexion');
  await write(presidency, notes(presidency), text);
  await presidency.getByText('Saved: A.1.1, Notes for reflexion').waitFor();
  await notes(secretariat).getByText('<script>alert(1)</script> <b>bold</b>').waitFor();
  await notes(secretariat).getByText('עברית العربية 🇪🇺').waitFor();
});

test('an edit made while the server is down is sent once it is back, and only once', async () => {
  const progress = (page) => cellOf(page, 'A.4.1', 'PROGRESS');
  await progress(presidency).waitFor();
  await server.kill();
  await presidency.getByText('Connection lost').waitFor();
  await write(presidency, progress(presidency), 'Written without a server');
  await progress(presidency).getByText('waits for the connection').waitFor();
  await server.resume();
  await presidency.getByText('Live', { exact: true }).waitFor();
  await presidency.getByText('Saved: A.4.1, PROGRESS').waitFor();
  await progress(secretariat).getByText('Written without a server').waitFor();
  const cell = await progress(presidency).getAttribute('data-target');
  const { node } = await server.ask(
    'LV',
    'query($cell: ID!) { node(id: $cell) { ... on Cell { history(first: 100) { edges { node { ... on CellSet { after { ... on TextContent { printed } } } } } } } } }',
    { cell },
  );
  const found = node.history.edges.filter((edge) => edge.node.after?.printed === 'Written without a server');
  assert.equal(found.length, 1);
});

test('a table is read and edited by keyboard alone', async () => {
  const start = cellOf(presidency, 'A.1.1', 'ACTIONS');
  await presidency.goto(`${server.url}/road-maps/cybersecurity`);
  await start.waitFor();
  for (let presses = 0; presses < 40 && !(await start.evaluate((cell) => cell === document.activeElement)); presses += 1) {
    await presidency.keyboard.press('Tab');
  }
  await presidency.keyboard.press('ArrowRight');
  await presidency.keyboard.press('ArrowDown');
  // The cell of A.1.1 is shared with A.1.2: below it comes that of A.1.3.
  await focused(cellOf(presidency, 'A.1.3', 'PROGRESS'));
  await presidency.keyboard.press('F2');
  await presidency.keyboard.type(' By keyboard.');
  await presidency.keyboard.press('Control+Enter');
  await cellOf(secretariat, 'A.1.3', 'PROGRESS').getByText('By keyboard.').waitFor();
  await focused(cellOf(presidency, 'A.1.3', 'PROGRESS'));
});
