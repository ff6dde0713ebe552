// At which cell or wording each participant looks, in the state that is shown.
// Invariant: whoever looks at a shared cell looks at the same cell, by whichever of its actions.

import type { Participant } from './presence';
import { actionsOf, type State } from './roadMap';

export type Gazes = ReadonlyMap<string, readonly Participant[]>;

export function gazesOf(state: State, participants: readonly Participant[]): Gazes {
  const gazes = new Map<string, Participant[]>();
  if (participants.length === 0) return gazes;
  const add = (to: Map<string, Participant[]>, key: string, participant: Participant) => {
    const found = to.get(key);
    if (found) found.push(participant);
    else to.set(key, [participant]);
  };
  const byAction = new Map<string, Participant[]>();
  for (const participant of participants) {
    const { subject, column } = participant;
    // A wording has the key of what it is the wording of.
    add(column === null ? gazes : byAction, subject, participant);
  }
  for (const action of actionsOf(state)) {
    for (const participant of byAction.get(action.key) ?? []) {
      const at = state.columns.findIndex(({ key }) => key === participant.column);
      const cell = action.cells[at]?.cell.key;
      if (cell !== undefined) add(gazes, cell, participant);
    }
  }
  return gazes;
}
