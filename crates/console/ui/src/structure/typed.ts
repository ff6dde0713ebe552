// What is being typed in a form of one line. It outlives a reload and a look at another page, in this tab.
// Invariant: it goes away only when it was done or its author cancels.

import { useState } from 'react';

const PREFIX = 'roadbook.typed:';

/** The text of the form of a name, and how it is changed; none while the form is closed. */
export function useTyped(name: string): readonly [string | undefined, (text: string | undefined) => void] {
  const key = PREFIX + name;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? undefined);
  const change = (next: string | undefined) => {
    setText(next);
    try {
      if (next === undefined) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, next);
    } catch {
      // The storage is full: it lives as long as the form.
    }
  };
  return [text, change];
}
