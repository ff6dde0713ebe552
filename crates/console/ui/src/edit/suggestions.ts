// Names of actors to choose from while typing: those that the road map uses, then the organisations of the directory.
// Invariant: what is offered begins, by one of its names, with what was typed since the last comma, and is not all of it.

import { useEffect, useState } from 'react';
import { OrganisationsDocument, type OrganisationsQuery } from '../api/generated';
import { ask } from '../api/http';

/** What can be put in, and the names by which it is found. */
export interface Suggestion {
  readonly text: string;
  /** Another name, by which a reader knows it better. */
  readonly title: string | undefined;
  readonly names: readonly string[];
}

const SHOWN_MAX = 8;

let used: readonly Suggestion[] = [];
let directory: Promise<readonly Suggestion[]> | undefined;

/** Takes in the names that the road map prints. */
export function learn(names: Iterable<string>): void {
  used = [...new Set(names)].filter((name) => name !== '').map((name) => ({ text: name, title: undefined, names: [name] }));
}

export function suggestionsFor(line: string, organisations: readonly Suggestion[]): readonly Suggestion[] {
  const typed = line.split(/,\s*/u).at(-1)?.trim().toLowerCase() ?? '';
  if (typed === '') return [];
  const begins = ({ names }: Suggestion) => names.some((name) => name.toLowerCase().startsWith(typed));
  const found = new Map<string, Suggestion>();
  // The directory knows other names of what the road map prints.
  for (const one of [...used, ...organisations].filter(begins)) {
    if (one.text.toLowerCase() === typed) continue;
    const before = found.get(one.text);
    found.set(one.text, { ...one, title: before?.title ?? one.title });
  }
  return [...found.values()].slice(0, SHOWN_MAX);
}

/** The organisations of today, read when they are first wanted. */
export function useDirectory(isWanted: boolean): readonly Suggestion[] {
  const [organisations, setOrganisations] = useState<readonly Suggestion[]>([]);
  useEffect(() => {
    if (!isWanted) return;
    let isGone = false;
    directory ??= read();
    directory
      .then((found) => {
        if (!isGone) setOrganisations(found);
      })
      .catch(() => {
        // They are asked for again when they are next wanted.
        directory = undefined;
      });
    return () => {
      isGone = true;
    };
  }, [isWanted]);
  return organisations;
}

async function read(): Promise<readonly Suggestion[]> {
  const found: Suggestion[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: OrganisationsQuery = await ask(OrganisationsDocument, { after });
    for (const { node } of answer.organisations.edges) {
      const { key, name, names } = node;
      found.push({ text: name, title: names.find((other) => other !== name), names: [...new Set([key, ...names])] });
    }
    const { hasNextPage, endCursor } = answer.organisations.pageInfo;
    if (!hasNextPage || endCursor === null) return found;
    after = endCursor;
  }
}
