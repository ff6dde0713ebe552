// A road map of 5,000 actions: it is read, scrolled and followed like a small one, and few of its rows are ever drawn.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { cellOf, launch, openWindow, Server } from './harness.mjs';

const STRANDS = 250;
const ACTIONS_OF_STRAND = 20;
/** A window of 900 pixels shows about a dozen rows; what is drawn beyond it keeps scrolling smooth. */
const ROWS_DRAWN_MAX = 250;

let server;
let browser;
let roadMap;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  roadMap = (await server.ask('GSC', '{ roadMaps { edges { node { id } } } }')).roadMaps.edges[0].node.id;
  const field = randomUUID();
  await edit([{ addField: { id: field, title: 'A large field' } }]);
  const { fields } = (await server.ask('GSC', 'query($id: ID!) { roadMap(id: $id) { state { fields { key } } } }', { id: roadMap })).roadMap.state;
  const large = fields.at(-1).key;
  const strands = Array.from({ length: STRANDS }, (_, nth) => ({ addStrand: { field: large, title: `Strand ${nth + 1}` } }));
  await edit(strands);
  const { roadMap: found } = await server.ask('GSC', 'query($id: ID!) { roadMap(id: $id) { state { fields { strands { key } } } } }', { id: roadMap });
  for (let from = 0; from < STRANDS; from += 50) {
    const part = found.state.fields.at(-1).strands.slice(from, from + 50);
    await edit(
      part.flatMap(({ key }) =>
        Array.from({ length: ACTIONS_OF_STRAND }, (_, nth) => ({ addAction: { strand: key, text: `Action ${nth + 1} of a strand` } })),
      ),
    );
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function edit(commands) {
  const { roadMap: found } = await server.ask('GSC', 'query($id: ID!) { roadMap(id: $id) { state { moment { cursor } } } }', { id: roadMap });
  const input = { roadMap, commandId: randomUUID(), base: found.state.moment.cursor, commands };
  const { edit: answer } = await server.ask('GSC', 'mutation($input: EditInput!) { edit(input: $input) { __typename } }', { input });
  assert.equal(answer.__typename, 'EditDone');
}

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
