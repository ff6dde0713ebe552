// Makes the road map of a demonstration large: a field of 5,000 actions is added to it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

const STRANDS = 250;
const ACTIONS_OF_STRAND = 20;
/** Strands whose actions are added by one edit. */
const STRANDS_OF_EDIT = 50;
/** The actions of the demonstration, and those that are added. */
export const ACTIONS = 77 + STRANDS * ACTIONS_OF_STRAND;

export async function enlarge(server) {
  const { roadMaps } = await server.ask('GSC', '{ roadMaps { edges { node { id } } } }');
  const roadMap = roadMaps.edges[0].node.id;
  const lastField = async () => {
    const query = 'query($id: ID!) { roadMap(id: $id) { state { moment { cursor } fields { key strands { key } } } } }';
    const { state } = (await server.ask('GSC', query, { id: roadMap })).roadMap;
    return { base: state.moment.cursor, ...state.fields.at(-1) };
  };
  const edit = async (commandsFor) => {
    const field = await lastField();
    const input = { roadMap, commandId: randomUUID(), base: field.base, commands: commandsFor(field) };
    const { edit: answer } = await server.ask('GSC', 'mutation($input: EditInput!) { edit(input: $input) { __typename } }', { input });
    assert.equal(answer.__typename, 'EditDone');
  };
  await edit(() => [{ addField: { title: 'A large field' } }]);
  await edit(({ key }) => Array.from({ length: STRANDS }, (_, nth) => ({ addStrand: { field: key, title: `Strand ${nth + 1}` } })));
  for (let from = 0; from < STRANDS; from += STRANDS_OF_EDIT) {
    await edit(({ strands }) =>
      strands.slice(from, from + STRANDS_OF_EDIT).flatMap(({ key }) =>
        Array.from({ length: ACTIONS_OF_STRAND }, (_, nth) => ({ addAction: { strand: key, text: `Action ${nth + 1} of a strand` } })),
      ),
    );
  }
}
