// Takes the pictures of the documentation: node tests/screenshots.mjs FOLDER
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cellOf, edit, launch, openWindow, Server } from './harness.mjs';

const folder = process.argv[2] ?? '.';
const SIZE = { width: 1280, height: 800 };
mkdirSync(folder, { recursive: true });

const server = await Server.start();
const browser = await launch();

async function take(name, options, reach) {
  const { organisation, ...rest } = { organisation: 'LV', ...options };
  const page = await openWindow(browser, server, organisation, { viewport: SIZE, reducedMotion: 'reduce', ...rest });
  await reach(page);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.context().close();
}

try {
  await take('table', {}, async (page) => {
    const presidency = await openWindow(browser, server, await server.presidency());
    const box = await edit(presidency, cellOf(presidency, 'A.1.3', 'PROGRESS'));
    await box.pressSequentially(' More.');
    await cellOf(page, 'A.1.3', 'PROGRESS').getByText('is typing here.').waitFor();
  });
  await take('comparison', { path: '/road-maps/cybersecurity/compare' }, (page) =>
    cellOf(page, 'A.1.1', 'DUE DATE').locator('del').waitFor(),
  );
  await take('overview', { path: '/road-maps/cybersecurity/overview' }, (page) =>
    page.getByRole('table', { name: 'Progress over the presidencies' }).waitFor(),
  );
  await take('past', { path: '/road-maps/cybersecurity?time=1' }, async (page) => {
    await page.getByRole('button', { name: 'Previous edit' }).click();
    await page.getByText('As it stood after an edit').waitFor();
    await page.locator('td [class*=touched]').first().waitFor();
  });
  await take('structure', { organisation: 'GSC', path: '/road-maps/cybersecurity/structure' }, async (page) => {
    await page.getByRole('button', { name: 'A.2: show or hide what is below' }).press('Enter');
    await page.getByRole('button', { name: 'Rename A.2', exact: true }).click();
  });
  await take('following', { path: '/road-maps/cybersecurity/following' }, async (page) => {
    const presidency = await openWindow(browser, server, await server.presidency());
    const box = await edit(presidency, cellOf(presidency, 'A.4.1', 'DUE DATE'));
    await box.fill('On-going');
    await presidency.keyboard.press('Control+Enter');
    await page.getByRole('region', { name: 'Since you last looked' }).getByRole('listitem').first().waitFor();
  });
  await take('sign-in', { organisation: undefined, path: '/' }, (page) => page.getByRole('button', { name: 'Latvia' }).waitFor());
  await take('conflict', { organisation: 'GSC' }, async (page) => {
    const presidency = await openWindow(browser, server, await server.presidency());
    const notes = (window) => cellOf(window, 'A.2.1', 'Notes for reflexion');
    const box = await edit(page, notes(page));
    await box.fill('Update on results of implementation');
    const other = await edit(presidency, notes(presidency));
    await other.fill('Update on state of implementation');
    await presidency.keyboard.press('Control+Enter');
    await presidency.getByText('Saved: A.2.1').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('dialog').waitFor();
  });
} finally {
  await browser.close();
  await server.stop();
}
