// What one looks at: the table, its filters, its past, the same in every colour and width, for every reader.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, cellOf, edit, launch, openWindow, Server } from './harness.mjs';

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens a window, hands it to the test, and asserts that the page complained of nothing. */
async function withWindow(options, use) {
  const page = await openWindow(browser, server, options.organisation ?? 'LV', options);
  await use(page);
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('the table shows fields, strands, shared cells, footnote and marking as the document does', async () => {
  await withWindow({}, async (page) => {
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('heading', { name: 'EU Cybersecurity Strategy: Road map development' }).waitFor();
    await page.getByText('LIMITE', { exact: true }).waitFor();
    await page.getByText('77 actions').waitFor();
    await page.getByRole('columnheader', { name: 'A. Values and Prosperity' }).waitFor();
    await page.getByText('Within their competences and legal mandates.').waitFor();
    assert.equal(await cellOf(page, 'A.1.1', 'PROGRESS').getAttribute('rowspan'), '2');
    assert.equal(await cellOf(page, 'A.1.2', 'PROGRESS').count(), 0);
  });
});

test('filters and hidden columns stand in the address and come back by it', async () => {
  await withWindow({}, async (page) => {
    await page.getByLabel('Field', { exact: true }).selectOption('B');
    await page.getByLabel('Due', { exact: true }).selectOption('overdue');
    await page.getByRole('searchbox', { name: 'Text' }).fill('cyber exercise');
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByLabel('Notes for reflexion').uncheck();
    await page.keyboard.press('Escape');
    const counted = await page.getByRole('search').getByRole('status').innerText();
    assert.match(counted, /^\d+ of 77 actions$/u);
    const address = page.url();
    await page.goto('about:blank');
    await page.goto(address);
    await page.getByText(counted).waitFor();
    assert.equal(await page.getByRole('searchbox', { name: 'Text' }).inputValue(), 'cyber exercise');
    assert.equal(await page.getByRole('columnheader', { name: 'Notes for reflexion' }).count(), 0);
  });
});

test('a past day is shown, framed as the past, and cannot be edited', async () => {
  await withWindow({}, async (page) => {
    await page.getByRole('button', { name: 'Look at the past' }).click();
    await page.getByLabel('Day', { exact: true }).fill('2015-06-30');
    await page.getByText('As it stood at the end of 30 June 2015.').waitFor();
    const due = cellOf(page, 'A.1.1', 'DUE DATE');
    await due.getByText('December 2015').waitFor();
    await due.click();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('textarea').count(), 0);
    assert.match(page.url(), /at=2015-06-30/u);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await due.getByText('completed').waitFor();
  });
});

test('the slider goes through the past by keyboard, and steps go from change to change', async () => {
  await withWindow({ path: '/road-maps/cybersecurity?at=2015-06-30' }, async (page) => {
    const slider = page.getByRole('slider');
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('As it stood at the end of 1 July 2015.').waitFor();
    await page.getByRole('button', { name: 'Previous change' }).click();
    await page.getByText('As it stood at the end of 15 June 2015.').waitFor();
    await page.getByRole('button', { name: '6183/2/15 REV 2' }).click();
    await page.getByText('As it stood at the end of 5 June 2015.').waitFor();
    assert.equal(await slider.getAttribute('aria-valuetext'), '5 June 2015');
  });
});

test('the history is played edit by edit until the present, each with what it changed', async () => {
  await withWindow({ path: '/road-maps/cybersecurity?time=1' }, async (page) => {
    const told = page.getByRole('status').filter({ hasText: /^Edit \d+ of \d+/u });
    await told.waitFor();
    const [, place, count] = /^Edit (\d+) of (\d+)/u.exec(await told.innerText());
    assert.equal(place, count);
    await page.getByRole('button', { name: 'Previous edit' }).click();
    await page.getByText('As it stood after an edit').waitFor();
    assert.match(page.url(), /at=v\d+/u);
    await page.locator('td [class*=touched]').first().waitFor();
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await told.getByText(`Edit ${count} of ${count}`).waitFor();
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    assert.doesNotMatch(page.url(), /at=/u);
    // From the present it begins anew.
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await told.getByText(`Edit 1 of ${count}`).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
  });
});

test('what was touched fades, and for those who want little motion it does not', async () => {
  for (const [reducedMotion, fading] of [
    ['no-preference', 'ease-out'],
    ['reduce', 'steps(1)'],
  ]) {
    await withWindow({ path: '/road-maps/cybersecurity?time=1', reducedMotion }, async (page) => {
      await page.getByRole('button', { name: 'Previous edit' }).click();
      const touched = page.locator('td [class*=touched]').first();
      assert.equal(await touched.evaluate((cell) => getComputedStyle(cell).animationTimingFunction), fading);
    });
  }
});

test('a cell tells who changed it, when, from what to what', async () => {
  await withWindow({}, async (page) => {
    await cellOf(page, 'A.1.1', 'DUE DATE').click();
    const panel = page.getByRole('complementary');
    await panel.getByText('as of 27 April 2016').waitFor();
    const [first] = await panel.getByRole('listitem').filter({ hasText: 'as of 27 April 2016' }).all();
    assert.match(await first.locator('del').textContent(), /July 2015\s+December 2015/u);
    assert.match(await first.locator('ins').textContent(), /completed/u);
  });
});

test('the page speaks French', async () => {
  await withWindow({}, async (page) => {
    await page.getByLabel('Language').selectOption('fr');
    await page.getByText('En direct').waitFor();
    await page.goto(`${server.url}/road-maps/cybersecurity?at=2015-06-30`);
    await page.getByText('Tel qu’au soir du 30 juin 2015.').waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
  });
});

test('in a demonstration one chooses whom to be, and another window can be another', async () => {
  const context = await browser.newContext({ locale: 'en-GB' });
  for (const name of ['Latvia', 'Estonia']) {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(server.url);
    await page.getByRole('button', { name }).click();
    await page.getByRole('heading', { name: 'EU Cybersecurity Strategy: Road map development' }).waitFor();
    await page.getByRole('banner').getByText(name).waitFor();
  }
  await context.close();
});

test('a road map that is not there is said to be none', async () => {
  await withWindow({ path: '/road-maps/another' }, async (page) => {
    await page.getByText('There is no road map “another” that you may see.').waitFor();
  });
});

test('a token that is refused ends the session with a word, not with an error', async () => {
  await withWindow({}, async (page) => {
    await page.getByText('Live', { exact: true }).waitFor();
    await page.evaluate(() => {
      const token = sessionStorage.getItem('roadbook.token');
      sessionStorage.setItem('roadbook.token', `${token.slice(0, -4)}AAAA`);
    });
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    page.faults.splice(0, page.faults.length, ...page.faults.filter((fault) => !fault.includes('401')));
  });
});

test('on paper everything is printed, with the marking on each sheet', async () => {
  await withWindow({}, async (page) => {
    await cellOf(page, 'A.1.1', 'ACTIONS').waitFor();
    assert.equal(await cellOf(page, 'F.5.1', 'ACTIONS').count(), 0, 'far rows are not drawn on screen');
    await page.emulateMedia({ media: 'print' });
    await cellOf(page, 'F.5.1', 'ACTIONS').waitFor();
    assert.equal(await page.locator('thead').getByText('LIMITE').count(), 1);
    assert.equal(await page.getByRole('button').filter({ visible: true }).count(), 0);
  });
});

const WIDE_ENOUGH = {
  '?time=1': (page) => cellOf(page, 'A.1.1', 'ACTIONS').waitFor(),
  '/compare': (page) => cellOf(page, 'A.1.1', 'DUE DATE').waitFor(),
  '/overview': (page) => page.getByRole('table', { name: 'Progress over the presidencies' }).waitFor(),
  '/following': (page) => page.getByText('What you follow').waitFor(),
  '/structure': (page) => page.getByRole('button', { name: 'Rename A.1' }).waitFor(),
};

for (const [view, reach] of Object.entries(WIDE_ENOUGH)) {
  for (const width of [320, 768, 3840]) {
    test(`nothing of ${view} is cut off at ${width} pixels`, async () => {
      const options = { organisation: 'GSC', viewport: { width, height: 900 }, path: `/road-maps/cybersecurity${view}` };
      await withWindow(options, async (page) => {
        await reach(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      });
    });
  }
}

test('two moments are compared with deleted words struck and inserted ones underlined', async () => {
  await withWindow({ path: '/road-maps/cybersecurity/compare' }, async (page) => {
    await page.getByText('From the end of 5 June 2015 to').waitFor();
    const due = cellOf(page, 'A.1.1', 'DUE DATE');
    assert.match(await due.locator('del').textContent(), /July 2015\s+December 2015/u);
    assert.match(await due.locator('ins').textContent(), /completed/u);
    assert.equal(await cellOf(page, 'A.1.3', 'ACTIONS').count(), 0, 'a row without changes is left out');
    const counts = page.getByRole('table', { name: 'Changes by field' });
    assert.deepEqual(await counts.getByRole('row', { name: 'A. Values and Prosperity' }).getByRole('cell').allTextContents(), ['', '', '', '2']);
    await page.getByLabel('Only changed rows').uncheck();
    await cellOf(page, 'A.1.3', 'ACTIONS').waitFor();
  });
});

test('next and previous go from change to change', async () => {
  await withWindow({ path: '/road-maps/cybersecurity/compare?from=revision:6183/2/15 REV 2&to=presidency:2016H1-NL' }, async (page) => {
    const next = page.getByRole('button', { name: 'Next change' });
    await next.click();
    assert.equal(await page.locator('[aria-selected=true]').getAttribute('data-place'), 'A.1.1');
    const selected = page.locator('[aria-selected=true] del, [aria-selected=true] ins').first();
    for (let steps = 0; await next.isEnabled(); steps += 1) {
      assert.ok(steps < 100);
      await next.click();
      await selected.waitFor();
      assert.ok(await page.locator('[aria-selected=true]').evaluate((cell) => cell.getBoundingClientRect().top < innerHeight));
    }
    await page.getByRole('button', { name: 'Previous change' }).click();
    await selected.waitFor();
  });
});

test('three moments are compared in one table, each step by marks of its own', async () => {
  const path = '/road-maps/cybersecurity/compare?from=revision:6183/2/15 REV 2&via=presidency:2015H1-LV&to=presidency:2016H1-NL';
  await withWindow({ path }, async (page) => {
    const marks = (step) => page.locator(`td [data-step="${step}"]`);
    await marks(2).first().waitFor();
    await page.getByText('until the end of 30 June 2015').first().waitFor();
    const tables = page.getByRole('table', { name: /^Changes by field, from the end of/u });
    assert.ok((await tables.count()) > 0);
    // What the first step inserted and the second kept is told as the first step's, and the other way round.
    await page.getByRole('button', { name: 'Without it' }).click();
    await marks(2).first().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Put a moment between' }).click();
    await page.waitForURL(/via=/u);
  });
});

test('a version of the log is a moment to compare like any other', async () => {
  await withWindow({ path: '/road-maps/cybersecurity/compare' }, async (page) => {
    await page.getByRole('combobox', { name: 'To', exact: true }).selectOption({ label: 'A version…' });
    const version = page.getByRole('spinbutton', { name: 'Version of “To”' });
    await version.waitFor();
    const newest = Number(await version.inputValue());
    await version.fill(String(newest - 1));
    await page.waitForURL(new RegExp(`to=v${newest - 1}$`, 'u'));
    await cellOf(page, 'A.1.1', 'DUE DATE').locator('del').waitFor();
  });
});

test('equal moments differ in nothing', async () => {
  await withWindow({ path: '/road-maps/cybersecurity/compare?from=2015-06-10&to=2015-06-10' }, async (page) => {
    await page.getByText('Nothing differs between these moments.').waitFor();
  });
});

test('the overview counts what the table shows', async () => {
  await withWindow({ path: '/road-maps/cybersecurity/overview' }, async (page) => {
    const fields = page.getByRole('table', { name: 'Progress by field, now' });
    const row = fields.getByRole('row', { name: 'B. chieving Cyber Resilience' });
    await row.waitFor();
    const [completed, ongoing, dated, overdue, without] = (await row.getByRole('cell').allTextContents()).map(Number);
    assert.equal(completed + ongoing + dated + overdue + without, 15);
    await page.getByRole('table', { name: 'Progress over the presidencies' }).getByText('End of the presidency 2015H1-LV').waitFor();
    await page.goto(`${server.url}/road-maps/cybersecurity?field=B&due=overdue`);
    await page.getByText(`${overdue} of 77 actions`).waitFor();
  });
});

test('the overview tells by lead what is left behind, and by organisation who edits', async () => {
  await withWindow({ path: '/road-maps/cybersecurity/overview' }, async (page) => {
    const numbers = async (name, column) => {
      const table = page.getByRole('table', { name });
      await table.waitFor();
      const cells = await table.locator(`tbody td:nth-of-type(${column})`).allTextContents();
      return cells.map(Number);
    };
    const behind = await numbers('Left behind by lead, those with most first', 1);
    assert.deepEqual(behind, behind.toSorted((a, b) => b - a));
    const late = await numbers('Actions by lead, those with most overdue first', 4);
    assert.deepEqual(late, late.toSorted((a, b) => b - a));
    const edits = await numbers('Edits by organisation', 1);
    assert.ok(edits.length > 0);
  });
});

test('only the Presidency and the Secretariat are offered the structure', async () => {
  await withWindow({ path: '/road-maps/cybersecurity/structure' }, async (page) => {
    await page.getByText('The Presidency and the General Secretariat arrange the road map.').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Structure' }).count(), 0);
  });
});

const VIEWS = {
  'the table': async (page) => cellOf(page, 'A.1.1', 'ACTIONS').waitFor(),
  'a selected cell': async (page) => {
    await cellOf(page, 'A.1.1', 'DUE DATE').click();
    await page.getByRole('complementary').getByText('as of 27 April 2016').waitFor();
  },
  'the editor': async (page) => {
    const box = await edit(page, cellOf(page, 'A.1.3', 'Lead/ Other Actors'));
    await box.fill('Pres');
  },
  'the choice of columns': async (page) => {
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'PROGRESS' }).waitFor();
  },
  'the past': async (page) => {
    await page.getByRole('button', { name: 'Look at the past' }).click();
    await page.getByLabel('Day', { exact: true }).fill('2015-06-30');
    await page.getByText('As it stood at the end of 30 June 2015.').waitFor();
  },
  'a comparison': async (page) => {
    await page.getByRole('link', { name: 'Compare' }).click();
    await cellOf(page, 'A.1.1', 'DUE DATE').locator('del').waitFor();
  },
  'a comparison over three moments': async (page) => {
    await page.goto(`${server.url}/road-maps/cybersecurity/compare?via=2015-12-31`);
    await page.getByText('until the end of 31 December 2015').first().waitFor();
  },
  'the overview': async (page) => {
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('table', { name: 'Progress over the presidencies' }).waitFor();
  },
  'what is followed': async (page) => {
    await page.getByRole('link', { name: 'Following' }).click();
    await page.getByText('Nothing by others since you last looked.').waitFor();
  },
  'the structure': async (page) => {
    await page.getByRole('link', { name: 'Structure' }).click();
    await page.getByRole('button', { name: 'Rename A.1' }).waitFor();
    await page.getByRole('button', { name: 'Remove A.2' }).click();
    await page.getByRole('button', { name: 'Rename A.1' }).click();
    await page.getByRole('heading', { name: 'Revisions' }).waitFor();
  },
  'signing in': async (page) => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  },
};

for (const [name, reach] of Object.entries(VIEWS)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing on ${name}, ${colorScheme}`, async () => {
      await withWindow({ organisation: 'GSC', colorScheme, reducedMotion: 'reduce' }, async (page) => {
        await reach(page);
        assert.deepEqual(await accessibilityFaults(page), []);
      });
    });
  }
}
