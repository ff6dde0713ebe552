// Names of actors to choose from while typing: those that the road map itself uses.
// Invariant: what is offered begins with what was typed since the last comma, and is not all of it.

const SHOWN_MAX = 6;

let known: readonly string[] = [];

/** Takes in the names that the road map prints. */
export function learn(names: Iterable<string>): void {
  known = [...new Set(names)].filter((name) => name !== '');
}

export function suggestionsFor(line: string): readonly string[] {
  const typed = line.split(/,\s*/u).at(-1)?.trim().toLowerCase() ?? '';
  if (typed === '') return [];
  return known.filter((name) => name.toLowerCase().startsWith(typed) && name.toLowerCase() !== typed).slice(0, SHOWN_MAX);
}
