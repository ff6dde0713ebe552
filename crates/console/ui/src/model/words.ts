// The difference of two texts, word by word, for what has not reached the server yet; the server's own comparison
// is used wherever it has both sides.
// Invariant: the kept and inserted pieces joined are the later text, the kept and deleted ones the earlier.

import type { HunkKind } from '../api/generated';

export interface Piece {
  readonly kind: HunkKind;
  readonly text: string;
}

/** A piece of two differences in a row, and which of them made it; what the first inserted and the second deleted is of both. */
export interface Mark extends Piece {
  readonly step?: 1 | 2 | 'both';
}

/** Beyond this many pairs of words the texts are shown one after the other: nobody reads such a difference. */
const PAIRS_MAX = 4_000_000;

const split = (text: string): string[] => text.match(/\s+|[^\s]+/gu) ?? [];

export function difference(earlier: string, later: string): readonly Piece[] {
  if (earlier === later) return later === '' ? [] : [{ kind: 'KEPT', text: later }];
  const a = split(earlier);
  const b = split(later);
  if (a.length * b.length > PAIRS_MAX) {
    return [
      { kind: 'DELETED', text: earlier },
      { kind: 'INSERTED', text: later },
    ];
  }
  return joined(walk(a, b, lengths(a, b)));
}

/** The length of the longest common run of words from each pair of places on. */
function lengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const same = a[i] === b[j];
      const at = i * width + j;
      table[at] = same
        ? (table[at + width + 1] ?? 0) + 1
        : Math.max(table[at + width] ?? 0, table[at + 1] ?? 0);
    }
  }
  return table;
}

function* walk(a: readonly string[], b: readonly string[], table: Uint32Array): Generator<Piece> {
  const width = b.length + 1;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && left === right) {
      yield { kind: 'KEPT', text: left };
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))) {
      yield { kind: 'DELETED', text: left };
      i += 1;
    } else {
      yield { kind: 'INSERTED', text: right ?? '' };
      j += 1;
    }
  }
}

/** Adjoining pieces of a kind become one, and a space between two changes belongs to them: it keeps nothing apart. */
function joined(pieces: Iterable<Piece>): readonly Piece[] {
  const result: Piece[] = [];
  let deleted = '';
  let inserted = '';
  let space = '';
  const add = (kind: HunkKind, text: string) => {
    const last = result.at(-1);
    if (text === '') return;
    if (last?.kind === kind) result[result.length - 1] = { kind, text: last.text + text };
    else result.push({ kind, text });
  };
  const flush = () => {
    const end = /\s*$/u.exec(deleted)?.[0] ?? '';
    // What both end with was kept, unless nothing else was there.
    if (end !== '' && end !== deleted && inserted.endsWith(end) && end !== inserted) {
      deleted = deleted.slice(0, -end.length);
      inserted = inserted.slice(0, -end.length);
      space = end + space;
    }
    add('DELETED', deleted);
    add('INSERTED', inserted);
    add('KEPT', space);
    deleted = '';
    inserted = '';
    space = '';
  };
  for (const { kind, text } of pieces) {
    const isChanging = deleted !== '' || inserted !== '';
    if (kind === 'KEPT') {
      if (isChanging && text.trim() === '') space += text;
      else {
        flush();
        add('KEPT', text);
      }
      continue;
    }
    // A space that was kept between two changes was on both sides.
    deleted += space;
    inserted += space;
    space = '';
    if (kind === 'DELETED') deleted += text;
    else inserted += text;
  }
  flush();
  return result;
}
