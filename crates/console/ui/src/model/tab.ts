// Which tab of the browser this is, so that what is typed in one is not written over by another.
// Invariant: no two tabs that are open have the same name, and a tab keeps its own over a reload.

const KEY = 'roadbook.tab';
const LOCK = 'roadbook.tab:';
/** The page before a reload may still hold the name of its tab for a moment. */
const WAIT_MS = 1000;

let name = sessionStorage.getItem(KEY) ?? crypto.randomUUID();

/** Takes the name of this tab; a tab that was duplicated has that of another, and takes a new one. */
export async function takeTab(): Promise<void> {
  if (!(await hold(name, WAIT_MS))) {
    name = crypto.randomUUID();
    await hold(name, WAIT_MS);
  }
  sessionStorage.setItem(KEY, name);
}

export function thisTab(): string {
  return name;
}

/** The names of the other tabs that are open now. */
export async function otherTabs(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  const names = held.flatMap((lock) => (lock.name?.startsWith(LOCK) === true ? [lock.name.slice(LOCK.length)] : []));
  return new Set(names.filter((other) => other !== name));
}

/** Holds a name for as long as the page lives; false if another page holds it. */
function hold(wanted: string, wait: number): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(LOCK + wanted, { signal: AbortSignal.timeout(wait) }, () => {
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}
