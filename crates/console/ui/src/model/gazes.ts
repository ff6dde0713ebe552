// Which cell each participant looks at, in the state that is shown.
// Invariant: whoever looks at a shared cell looks at the same cell, by whichever of its actions.

import type { Participant } from './presence';
import { actionsOf, type State } from './roadMap';

export type Gazes = ReadonlyMap<string, readonly Participant[]>;

export function gazesOf(state: State, participants: readonly Participant[]): Gazes {
  const gazes = new Map<string, Participant[]>();
  if (participants.length === 0) return gazes;
  const byAction = new Map<string, Participant[]>();
  for (const participant of participants) {
    const found = byAction.get(participant.action);
    if (found) found.push(participant);
    else byAction.set(participant.action, [participant]);
  }
  for (const action of actionsOf(state)) {
    for (const participant of byAction.get(action.key) ?? []) {
      const at = state.columns.findIndex(({ key }) => key === participant.column);
      const cell = action.cells[at]?.cell.key;
      if (cell !== undefined) gazes.set(cell, [...(gazes.get(cell) ?? []), participant]);
    }
  }
  return gazes;
}
