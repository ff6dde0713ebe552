// The moment that is looked at, as the address writes it: `2015-06-30`, `v120`, `revision:…` or `presidency:…`.
// Invariant: what cannot be read as a moment is the present.

import type { MomentInput } from '../api/generated';

export function momentOf(at: string | undefined | null): MomentInput | undefined {
  if (at === undefined || at === null || at === '' || at === 'now') return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/u.test(at)) return { effective: { on: at } };
  const version = /^v(\d{1,9})$/u.exec(at)?.[1];
  if (version !== undefined) return { version: Number(version) };
  const named = /^(revision|presidency|sealed):(.+)$/u.exec(at);
  if (!named) return undefined;
  const [, kind, name = ''] = named;
  if (kind === 'revision') return { revision: name };
  return { presidency: { key: name, sealed: kind === 'sealed' } };
}

const DAY_MS = 86_400_000;
const BRUSSELS = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Brussels', dateStyle: 'short' });

/** The day in Brussels of an instant, ISO 8601. */
export function dayOf(instant: string | Date): string {
  return BRUSSELS.format(typeof instant === 'string' ? new Date(instant) : instant);
}

export function today(): string {
  return dayOf(new Date());
}

/** Days since 1970: what a slider counts. */
export function ordinal(day: string): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

export function dayAt(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

/** A half-year, the term of a presidency. */
export interface Term {
  /** Such as "2015H1". */
  readonly name: string;
  readonly from: number;
  /** The day after its last. */
  readonly until: number;
}

export function termsBetween(first: number, last: number): readonly Term[] {
  const terms: Term[] = [];
  let year = Number(dayAt(first).slice(0, 4));
  for (; ordinal(`${year}-01-01`) <= last; year += 1) {
    const middle = ordinal(`${year}-07-01`);
    terms.push({ name: `${year}H1`, from: ordinal(`${year}-01-01`), until: middle });
    terms.push({ name: `${year}H2`, from: middle, until: ordinal(`${year + 1}-01-01`) });
  }
  return terms.filter((term) => term.until > first && term.from <= last);
}
