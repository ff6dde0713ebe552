// The state of the view as the address of the page: what is in it can be sent to a colleague and comes back by reload.
// Invariant: an address that was made here is read back as the same view.

import { useSyncExternalStore } from 'react';

export type Page = 'table' | 'compare' | 'overview' | 'following' | 'structure';
const PAGES: readonly Page[] = ['table', 'compare', 'overview', 'following', 'structure'];

export interface Place {
  /** The short name of the road map; none for the list. */
  readonly slug: string | undefined;
  readonly page: Page;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();
let here = parse();

function parse(): Place {
  const [, root, slug, page] = location.pathname.split('/');
  const query = new URLSearchParams(location.search);
  if (root !== 'road-maps' || slug === undefined || slug === '') return { slug: undefined, page: 'table', query };
  const known = PAGES.find((name) => name === page) ?? 'table';
  return { slug: decodeURIComponent(slug), page: known, query };
}

function arrived(): void {
  here = parse();
  for (const listener of listeners) listener();
}

addEventListener('popstate', arrived);

export function pathOf(slug: string, page: Page, query?: URLSearchParams): string {
  const path = `/road-maps/${encodeURIComponent(slug)}${page === 'table' ? '' : `/${page}`}`;
  const asked = query?.toString() ?? '';
  return asked === '' ? path : `${path}?${asked}`;
}

export function go(path: string): void {
  history.pushState(null, '', path);
  arrived();
}

/** Puts another address in place of the present one. */
export function replace(path: string): void {
  history.replaceState(null, '', path);
  arrived();
}

/** Changes parts of the query; `undefined` or an empty string takes a part away. */
export function amend(parts: Readonly<Record<string, string | undefined>>, how: 'push' | 'replace' = 'replace'): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(parts)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const asked = query.toString();
  const path = asked === '' ? location.pathname : `${location.pathname}?${asked}`;
  if (how === 'push') go(path);
  else replace(path);
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => here,
  );
}
