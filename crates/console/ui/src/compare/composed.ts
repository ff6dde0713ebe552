// Two differences in a row in one text: what the first step changed and what the second did, told apart.
// Invariant: the pieces that the last moment has, joined, are its text, and likewise for the first moment.

import type { Mark, Piece } from '../model/words';

/** The first difference leads to the text that the second one begins with. */
export function composed(first: readonly Piece[], second: readonly Piece[]): readonly Mark[] {
  const marks: Mark[] = [];
  const add = (mark: Mark) => {
    const last = marks.at(-1);
    if (mark.text === '') return;
    if (last?.kind === mark.kind && last.step === mark.step) marks[marks.length - 1] = { ...last, text: last.text + mark.text };
    else marks.push(mark);
  };
  const before = [...first];
  const after = [...second];
  let earlier = before.shift();
  let later = after.shift();
  while (earlier || later) {
    if (earlier?.kind === 'DELETED') {
      add({ ...earlier, step: 1 });
      earlier = before.shift();
    } else if (later?.kind === 'INSERTED') {
      add({ ...later, step: 2 });
      later = after.shift();
    } else if (earlier && later) {
      // Both stand in the text between: as much of it as is alike on both sides.
      const length = Math.min(earlier.text.length, later.text.length);
      add(between(earlier.kind, later.kind, earlier.text.slice(0, length)));
      earlier = rest(earlier, length) ?? before.shift();
      later = rest(later, length) ?? after.shift();
    } else {
      // The two do not meet in one text; what is left is told as it is.
      if (earlier) add({ ...earlier, step: 1 });
      if (later) add({ ...later, step: 2 });
      earlier = before.shift();
      later = after.shift();
    }
  }
  return marks;
}

/** What stands in the text between, by what the first step did to it and what the second does. */
function between(came: Piece['kind'], went: Piece['kind'], text: string): Mark {
  if (went === 'DELETED') return { kind: 'DELETED', step: came === 'INSERTED' ? 'both' : 2, text };
  return came === 'INSERTED' ? { kind: 'INSERTED', step: 1, text } : { kind: 'KEPT', text };
}

function rest(piece: Piece, length: number): Piece | undefined {
  return piece.text.length > length ? { ...piece, text: piece.text.slice(length) } : undefined;
}
