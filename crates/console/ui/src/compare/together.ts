// Two states in one: the later one, with what is gone from it where it stood in the earlier.
// Invariant: everything of either state is there once.

import { type Action, actionsOf, type State } from '../model/roadMap';

/** The later state, and what is only in the earlier one at the place after what it followed. */
export function together(earlier: State, later: State): State {
  const columns = merged(earlier.columns, later.columns, (_, now) => now);
  const oldPlaces = columns.map(({ key }) => earlier.columns.findIndex((column) => column.key === key));
  const newPlaces = columns.map(({ key }) => later.columns.findIndex((column) => column.key === key));
  const keys = new Set([...actionsOf(later)].map(({ key }) => key));
  const strands = new Set(later.fields.flatMap((field) => field.strands.map(({ key }) => key)));
  const placed = (places: readonly number[]) => (action: Action): Action => ({
    ...action,
    cells: places.map((place, nth) => action.cells[place] ?? blank(`${action.key} ${nth}`)),
  });
  const fields = merged(earlier.fields, later.fields, (before, now) => ({
    ...now,
    strands: merged(
      (before?.strands ?? []).filter(({ key }) => !strands.has(key) || now.strands.some((strand) => strand.key === key)),
      now === before ? [] : now.strands,
      (was, is) => ({
        ...is,
        actions: merged(
          (was?.actions ?? [])
            .filter(({ key }) => !keys.has(key) || is.actions.some((action) => action.key === key))
            .map(placed(oldPlaces)),
          is === was ? [] : is.actions.map(placed(newPlaces)),
          (_, action) => action,
        ),
      }),
    ),
  }));
  return { ...later, columns, fields };
}

function blank(key: string): Action['cells'][number] {
  const content = { __typename: 'Blank', printed: '' } as const;
  return { span: 1, first: true, cell: { key, setAt: 0, content } } as Action['cells'][number];
}

interface Keyed {
  readonly key: string;
}

/** The later list, with what only the earlier one has after what stood before it there. */
function merged<T extends Keyed>(earlier: readonly T[], later: readonly T[], join: (before: T | undefined, now: T) => T): readonly T[] {
  const result = later.map((now) => join(earlier.find(({ key }) => key === now.key), now));
  for (const [at, gone] of earlier.entries()) {
    if (later.some(({ key }) => key === gone.key)) continue;
    const previous = earlier.slice(0, at).findLast(({ key }) => result.some((item) => item.key === key));
    const place = previous ? result.findIndex(({ key }) => key === previous.key) + 1 : 0;
    result.splice(place, 0, join(gone, gone));
  }
  return result;
}
