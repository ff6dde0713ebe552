// What organisations are called in the language of the page: countries as the browser knows them, others by the catalogue.

import type { MessageKey, Messages } from './messages';

/** Codes of delegations that are not those of ISO 3166. */
const COUNTRIES: Readonly<Record<string, string>> = { EL: 'GR', UK: 'GB' };

/** Two capitals need not be a country: "MS" is all member states. */
const DELEGATIONS = new Set(
  'BE BG CZ DK DE EE IE EL ES FR HR IT CY LV LT LU HU MT NL AT PL PT RO SI SK FI SE UK'.split(' '),
);

const OTHERS: Readonly<Record<string, MessageKey>> = {
  COM: 'organisation.COM',
  EEAS: 'organisation.EEAS',
  GSC: 'organisation.GSC',
};

export function organisationName(code: string, { say, locale }: Messages): string {
  const other = OTHERS[code];
  if (other !== undefined) return say(other);
  if (!DELEGATIONS.has(code)) return code;
  const name = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' }).of(COUNTRIES[code] ?? code);
  return name ?? code;
}
