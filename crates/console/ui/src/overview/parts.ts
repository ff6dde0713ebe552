// In what states of its deadline an action can be, as the charts show them.

import { useMessages } from '../messages/messages';
import type { State } from '../model/roadMap';
import type { Part } from './Bars';

export const STATES = ['completed', 'ongoing', 'dated', 'overdue', 'none'] as const;

/** One part for each state, in their order. */
export function useParts(): readonly Part[] {
  const { say } = useMessages();
  return [
    { tone: 'done', title: say('filter.due.completed') },
    { tone: 'going', title: say('filter.due.ongoing') },
    { tone: 'open', title: say('filter.due.dated') },
    { tone: 'late', title: say('filter.due.overdue') },
    { tone: 'none', title: say('filter.due.none') },
  ];
}

export function dueColumn(state: State): number {
  return state.columns.findIndex(({ kind }) => kind === 'DUE');
}
