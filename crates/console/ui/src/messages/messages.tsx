// The strings of the page in the language that was chosen, and dates and numbers as that language writes them.

import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { en } from './en';
import { format, type Values } from './format';
import { fr } from './fr';

export type MessageKey = keyof typeof en;
export type Catalogue = Readonly<Record<MessageKey, string>>;
export type Language = 'en' | 'fr';

export const LANGUAGES: readonly { readonly code: Language; readonly name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'fr', name: 'Français' },
];

const KEY = 'roadbook.language';
const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, fr };
/** English as the institutions write it: the day before the month. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', fr: 'fr-FR' };
/** Days of a road map are days in Brussels. */
const ZONE = 'Europe/Brussels';

export interface Messages {
  readonly language: Language;
  readonly locale: string;
  readonly say: (key: MessageKey, values?: Values) => string;
  /** A day of the calendar, ISO 8601. */
  readonly day: (date: string) => string;
  /** The day in Brussels of an instant. */
  readonly dayOf: (instant: string) => string;
  readonly instant: (instant: string) => string;
  readonly number: (value: number) => string;
  readonly choose: (language: Language) => void;
}

const Context = createContext<Messages | undefined>(undefined);

function first(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === 'en' || kept === 'fr') return kept;
  return navigator.language.startsWith('fr') ? 'fr' : 'en';
}

function messages(language: Language, choose: (language: Language) => void): Messages {
  const locale = LOCALES[language];
  const long = { day: 'numeric', month: 'long', year: 'numeric' } as const;
  const days = new Intl.DateTimeFormat(locale, { ...long, timeZone: 'UTC' });
  const daysOf = new Intl.DateTimeFormat(locale, { ...long, timeZone: ZONE });
  const instants = new Intl.DateTimeFormat(locale, { ...long, hour: '2-digit', minute: '2-digit', timeZone: ZONE });
  const numbers = new Intl.NumberFormat(locale);
  return {
    language,
    locale,
    choose,
    say: (key, values = {}) => format(CATALOGUES[language][key], values, locale),
    day: (date) => days.format(new Date(`${date}T00:00:00Z`)),
    dayOf: (instant) => daysOf.format(new Date(instant)),
    instant: (instant) => instants.format(new Date(instant)),
    number: (value) => numbers.format(value),
  };
}

export function MessagesProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(first);
  const value = useMemo(() => {
    document.documentElement.lang = language;
    return messages(language, (next) => {
      localStorage.setItem(KEY, next);
      setLanguage(next);
    });
  }, [language]);
  return <Context value={value}>{children}</Context>;
}

export function useMessages(): Messages {
  const value = useContext(Context);
  if (value === undefined) throw new Error('used outside MessagesProvider');
  return value;
}
