// Whether the server has a newer page than this one: the name of its script differs then.
// Invariant: the page is never reloaded by itself, since somebody may be typing.

const SCRIPT = 'script[type="module"][src]';

let isOutdated = false;
let looking: Promise<void> | undefined;
const listeners = new Set<() => void>();

export function isPageOutdated(): boolean {
  return isOutdated;
}

export function onVersion(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Asks the server for its page, once for all who ask meanwhile. What cannot be asked now is asked another time. */
export function lookForNewerPage(): Promise<void> {
  looking ??= look()
    .catch(() => {
      // The server is away again.
    })
    .finally(() => {
      looking = undefined;
    });
  return looking;
}

async function look(): Promise<void> {
  const own = document.querySelector(SCRIPT)?.getAttribute('src');
  if (isOutdated || own === null || own === undefined) return;
  const response = await fetch('/', { cache: 'no-cache', headers: { accept: 'text/html' } });
  if (!response.ok || (await response.text()).includes(own)) return;
  isOutdated = true;
  for (const listener of listeners) listener();
}
