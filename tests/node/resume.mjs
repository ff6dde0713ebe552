// Follows a road map with the npm client `graphql-ws`, has its socket cut again and again, resumes by cursor,
// and checks that it saw every version once: no gap, no duplicate.
// ROADBOOK_URL is the GraphQL endpoint, ROADBOOK_TOKEN a token that may edit, ROADBOOK_ROAD_MAP the id of a road map
// (if absent, the first one). It edits one cell of that road map a few dozen times.
// Exits with 1 if a version is missing, doubled or out of order, or if nothing happens for a minute.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.env.ROADBOOK_URL;
const token = process.env.ROADBOOK_TOKEN;
if (!url || !token) {
  console.error('ROADBOOK_URL and ROADBOOK_TOKEN must be set');
  process.exit(2);
}

const EDITS_PER_ROUND = 12;
const PATIENCE_MS = 60_000;

async function request(query, variables = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query, variables }),
  });
  const body = await response.json();
  assert.equal(body.errors, undefined, JSON.stringify(body.errors));
  return body.data;
}

// ---- The road map, the cell to edit, and the cursor to begin after.

async function roadMapId() {
  if (process.env.ROADBOOK_ROAD_MAP) return process.env.ROADBOOK_ROAD_MAP;
  const { roadMaps } = await request('{ roadMaps(first: 1) { edges { node { id } } } }');
  assert.equal(roadMaps.edges.length, 1, 'there is no road map');
  return roadMaps.edges[0].node.id;
}

const roadMap = await roadMapId();
const { roadMap: found } = await request(
  `query ($roadMap: ID!) {
    roadMap(id: $roadMap) {
      first: state(at: { version: 1 }) { moment { version cursor } }
      head: state {
        moment { version cursor }
        columns { key kind }
        fields { strands { actions { key } } }
      }
    }
  }`,
  { roadMap },
);
const action = found.head.fields
  .flatMap((field) => field.strands)
  .flatMap((strand) => strand.actions)[0].key;
const column = found.head.columns.find(({ kind }) => kind === 'TEXT').key;
const start = found.first.moment;

// ---- Editing: each edit stands on the one before it.

let head = found.head.moment;

async function edit(text) {
  const { edit: outcome } = await request(
    `mutation ($input: EditInput!) {
      edit(input: $input) {
        __typename
        ... on EditDone { version cursor }
        ... on EditRefused { refusals { message } }
      }
    }`,
    {
      input: {
        roadMap,
        commandId: randomUUID(),
        base: head.cursor,
        commands: [{ setCell: { action, column, content: text } }],
      },
    },
  );
  assert.equal(outcome.__typename, 'EditDone', JSON.stringify(outcome));
  head = { version: outcome.version, cursor: outcome.cursor };
}

async function editRound(name) {
  for (let number = 1; number <= EDITS_PER_ROUND; number += 1) {
    await edit(`${name}, ${number} of ${EDITS_PER_ROUND}, ${randomUUID()}`);
  }
}

// ---- Following: one client and one socket per leg.

const seen = [];
let cursor = start.cursor;

/** Follows from the last cursor until `enough` says so, then cuts the connection under the client's feet. */
async function leg(enough, onCaughtUp = () => {}) {
  let socket;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    // Its own retries would repeat the first cursor; resuming is what is tested here.
    retryAttempts: 0,
    connectionParams: () => ({ Authorization: `Bearer ${token}` }),
    on: { opened: (opened) => { socket = opened; } },
  });
  const items = client.iterate({
    query: `subscription ($roadMap: ID!, $after: Cursor) {
      changes(roadMap: $roadMap, after: $after) {
        __typename
        ... on Changed { cursor event { version } }
        ... on CaughtUp { cursor }
        ... on Resync { reason resumeAfter }
      }
    }`,
    variables: { roadMap, after: cursor },
  });
  let working = Promise.resolve();
  let before = seen.length;
  try {
    for await (const { data, errors } of items) {
      assert.equal(errors, undefined, JSON.stringify(errors));
      const item = data.changes;
      assert.notEqual(item.__typename, 'Resync', `unexpected resync: ${item.reason}`);
      cursor = item.cursor;
      if (item.__typename === 'Changed') {
        seen.push(item.event.version);
      } else {
        working = working.then(onCaughtUp);
        onCaughtUp = () => {};
      }
      if (enough(seen.length - before, item)) {
        socket.terminate();
        break;
      }
    }
  } catch (lost) {
    // The client tells of a lost socket by a close event; anything else is a failure.
    if (lost instanceof Error && !('code' in lost)) throw lost;
  }
  await working;
  return seen.length - before;
}

const giveUp = setTimeout(() => {
  console.error(`nothing for ${PATIENCE_MS} ms; saw ${seen.length} versions up to ${seen.at(-1)}`);
  process.exit(1);
}, PATIENCE_MS);

const history = head.version - start.version;
console.log(`road map ${roadMap}: ${history} versions of history`);

// The socket is cut in the midst of history,
await leg((count) => count >= Math.ceil(history / 3));
await leg((count) => count >= 1);
// and when history has been read;
await leg((_, item) => item.__typename === 'CaughtUp');
// edits happen while nobody listens,
await editRound('unheard');
// and while the client listens, which loses its socket in their midst, twice;
await leg((_, item) => seen.length >= history + EDITS_PER_ROUND && item.__typename === 'CaughtUp');
const live = head.version;
let edits = Promise.resolve();
await leg(
  () => seen.at(-1) >= live + Math.floor(EDITS_PER_ROUND / 3),
  () => { edits = editRound('live'); },
);
await leg(() => seen.at(-1) >= live + Math.floor((2 * EDITS_PER_ROUND) / 3));
await edits;
// and what remains arrives.
await leg(() => seen.at(-1) >= head.version);
clearTimeout(giveUp);

const expected = Array.from({ length: head.version - start.version }, (_, index) => start.version + 1 + index);
assert.deepEqual(seen, expected, 'versions are missing, doubled or out of order');
console.log(`saw ${seen.length} versions once each over 7 sockets, ${start.version + 1} to ${head.version}`);
