// Claims about the parts that are pure: differences of words, messages, moments, comparisons, blocks of rows.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { createServer } from 'vite';

let vite;
const load = (path) => vite.ssrLoadModule(path);

before(async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  vite = await createServer({ root, logLevel: 'error', server: { middlewareMode: true, watch: null, ws: false }, appType: 'custom' });
});

after(() => vite?.close());

const WORDS = ['the', 'Council', 'adopted', 'it', 'on', '\n', 'May', '2014'];

/** A small generator of numbers, the same in each run. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % below;
  };
}

test('a difference joins to the earlier and to the later text', async () => {
  const { difference } = await load('/src/model/words.ts');
  const next = numbers(7);
  const text = () => Array.from({ length: next(12) }, () => WORDS[next(WORDS.length)]).join(' ');
  for (let round = 0; round < 500; round += 1) {
    const [earlier, later] = [text(), text()];
    const pieces = difference(earlier, later);
    const joined = (gone) => pieces.filter(({ kind }) => kind !== gone).map((piece) => piece.text).join('');
    assert.equal(joined('INSERTED'), earlier);
    assert.equal(joined('DELETED'), later);
  }
});

test('what stayed the same is not told as a change', async () => {
  const { difference } = await load('/src/model/words.ts');
  assert.deepEqual(difference('in mid-June 2015', 'in late June 2015'), [
    { kind: 'KEPT', text: 'in ' },
    { kind: 'DELETED', text: 'mid-June' },
    { kind: 'INSERTED', text: 'late June' },
    { kind: 'KEPT', text: ' 2015' },
  ]);
});

test('a message counts in its language, and takes a value as text', async () => {
  const { format } = await load('/src/messages/format.ts');
  const message = '{shown} of {total, plural, one {# action} other {# actions}}';
  assert.equal(format(message, { shown: 1, total: 1 }, 'en-GB'), '1 of 1 action');
  assert.equal(format(message, { shown: 0, total: 5077 }, 'en-GB'), '0 of 5,077 actions');
  assert.equal(format('{total, plural, one {# action} other {# actions}}', { total: 0 }, 'fr-FR'), '0 action');
  assert.equal(format('“{slug}”', { slug: '{total}' }, 'en-GB'), '“{total}”');
});

test('both catalogues use the same values', async () => {
  const [{ en }, { fr }] = await Promise.all([load('/src/messages/en.ts'), load('/src/messages/fr.ts')]);
  const names = (message) => [...new Set([...message.matchAll(/\{(\w+)[,}]/gu)].map(([, name]) => name))].sort();
  for (const [key, message] of Object.entries(en)) assert.deepEqual(names(fr[key]), names(message), key);
});

test('a moment is read from the address, and nonsense is the present', async () => {
  const { momentOf } = await load('/src/time/moment.ts');
  assert.deepEqual(momentOf('2015-06-30'), { effective: { on: '2015-06-30' } });
  assert.deepEqual(momentOf('v12'), { version: 12 });
  assert.deepEqual(momentOf('revision:6183/2/15 REV 2'), { revision: '6183/2/15 REV 2' });
  assert.deepEqual(momentOf('sealed:2015H1-LV'), { presidency: { key: '2015H1-LV', sealed: true } });
  for (const nonsense of ['', 'now', 'v', 'yesterday', '2015-6-30']) assert.equal(momentOf(nonsense), undefined);
});

test('terms follow each other without a gap', async () => {
  const { ordinal, termsBetween } = await load('/src/time/moment.ts');
  const terms = termsBetween(ordinal('2015-06-05'), ordinal('2016-07-01'));
  assert.deepEqual(terms.map(({ name }) => name), ['2015H1', '2015H2', '2016H1', '2016H2']);
  for (const [at, term] of terms.entries()) if (at > 0) assert.equal(term.from, terms[at - 1].until);
});

const content = (printed) => ({ __typename: printed === '' ? 'Blank' : 'TextContent', printed });
const action = (key, ...cells) => ({
  key,
  label: key,
  text: key,
  allowedActions: [],
  cells: cells.map((cell) => ({ span: 1, first: true, cell: { key: cell, setAt: 1, content: content(cell) } })),
});
const stateOf = (...actions) => ({
  columns: [{ key: 'c', name: 'progress', heading: 'P', kind: 'TEXT', footnote: null }],
  fields: [{ key: 'F', letter: 'A', title: 'F', strands: [{ key: 'S', label: 'A.1', title: 'S', source: null, actions }] }],
});

test('what was removed is shown where it stood', async () => {
  const { together } = await load('/src/compare/together.ts');
  const earlier = stateOf(action('a', '1'), action('b', '2'), action('c', '3'));
  const later = stateOf(action('a', '1'), action('c', '3'), action('d', '4'));
  const found = together(earlier, later).fields[0].strands[0].actions.map(({ key }) => key);
  assert.deepEqual(found, ['a', 'b', 'c', 'd']);
});

test('what moved to another strand is shown once', async () => {
  const { together } = await load('/src/compare/together.ts');
  const earlier = stateOf(action('a', '1'), action('b', '2'));
  const [strand] = stateOf(action('a', '1')).fields[0].strands;
  const later = stateOf(action('a', '1'));
  later.fields[0].strands = [strand, { ...strand, key: 'T', actions: [action('b', '2')] }];
  const keys = together(earlier, later).fields[0].strands.flatMap(({ actions }) => actions.map(({ key }) => key));
  assert.deepEqual(keys, ['a', 'b']);
});

test('a shared cell spans the rows that are shown, and is never cut', async () => {
  const { blocksOf } = await load('/src/table/blocks.ts');
  const shared = [action('a', 'x'), action('b', 'x'), action('c', 'x')];
  const state = stateOf(...shared);
  const spans = (shown) =>
    blocksOf(state, state.columns, shown, false)
      .filter(({ is }) => is === 'strand')
      .flatMap(({ rows }) => rows.map(({ cells }) => cells[0].span));
  assert.deepEqual(spans(() => true), [3, 0, 0]);
  assert.deepEqual(spans((_, __, { key }) => key !== 'b'), [2, 0]);
  const long = stateOf(...Array.from({ length: 30 }, (_, at) => action(`a${at}`, at >= 10 && at < 16 ? 'x' : `c${at}`)));
  const blocks = blocksOf(long, long.columns, () => true, false).filter(({ is }) => is === 'strand');
  assert.ok(blocks.length > 1);
  assert.deepEqual(blocks.flatMap(({ rows }) => rows.map(({ index }) => index)), Array.from({ length: 30 }, (_, at) => at + 3));
  for (const { rows } of blocks) assert.notEqual(rows[0].cells[0].span, 0);
});

test('two differences in a row lead from the first text to the last, and tell whose step each mark is', async () => {
  const [{ composed }, { difference }] = await Promise.all([load('/src/compare/composed.ts'), load('/src/model/words.ts')]);
  const next = numbers(11);
  const text = () => Array.from({ length: next(12) }, () => WORDS[next(WORDS.length)]).join(' ');
  for (let round = 0; round < 500; round += 1) {
    const [first, middle, last] = [text(), text(), text()];
    const marks = composed(difference(first, middle), difference(middle, last));
    const joined = (isThere) => marks.filter(isThere).map((mark) => mark.text).join('');
    assert.equal(joined(({ kind, step }) => kind === 'KEPT' || (kind === 'DELETED' && step !== 'both')), first);
    assert.equal(joined(({ kind, step }) => (kind === 'DELETED' ? step !== 1 : step !== 2)), middle);
    assert.equal(joined(({ kind }) => kind !== 'DELETED'), last);
  }
  assert.deepEqual(composed(difference('', 'new words'), difference('new words', 'new text')), [
    { kind: 'INSERTED', step: 1, text: 'new ' },
    { kind: 'DELETED', step: 'both', text: 'words' },
    { kind: 'INSERTED', step: 2, text: 'text' },
  ]);
});

/** An event after which such actions show such a cell, as a subscription tells it. */
const sharing = (kind, ...cells) => ({
  event: { __typename: kind },
  affected: cells.map(([key, ...actions]) => ({
    __typename: 'Cell',
    key,
    setAt: 2,
    content: content(`text of ${key}`),
    allowedActions: [],
    column: { key: 'c' },
    actions: actions.map((one) => ({ key: one })),
  })),
});
const shownBy = (state) => state.fields[0].strands[0].actions.map(({ cells: [{ cell, span, first }] }) => `${cell.key} ${span} ${first}`);

test('what actions share is taken from what is told of it, and what others show stays the same', async () => {
  const { isInPlace, patched } = await load('/src/model/patch.ts');
  const before = stateOf(action('a', '1'), action('b', '2'), action('c', '3'));
  const share = sharing('CellsShared', ['2', 'b', 'c']);
  assert.ok(isInPlace(before, share));
  const shared = patched(before, share);
  assert.deepEqual(shownBy(shared), ['1 1 true', '2 2 true', '2 2 false']);
  assert.equal(shared.fields[0].strands[0].actions[0], before.fields[0].strands[0].actions[0]);
  const split = sharing('CellsUnshared', ['2', 'b'], ['3', 'c']);
  assert.ok(isInPlace(shared, split));
  assert.deepEqual(shownBy(patched(shared, split)), ['1 1 true', '2 1 true', '3 1 true']);
});

test('where an action stays behind in a cell that others left, its strand is read', async () => {
  const { isInPlace, strandsOf } = await load('/src/model/patch.ts');
  const before = stateOf(action('a', '1'), action('b', '1'), action('c', '1'));
  const share = sharing('CellsShared', ['1', 'a', 'b']);
  assert.equal(isInPlace(before, share), false);
  assert.deepEqual(strandsOf(before, share), ['S']);
  assert.ok(isInPlace(before, sharing('CellsShared', ['1', 'a', 'b'], ['3', 'c'])), 'what is told of all needs no reading');
});
