// Fills messages of the catalogue: `{name}` and `{count, plural, one {…} other {…}}`, the part of ICU's form that is used.
// Invariant: a value is put in as text, never read as a message.

export type Values = Readonly<Record<string, string | number>>;

/** Finds the brace that closes the one at `open`. */
function closing(message: string, open: number): number {
  let depth = 0;
  for (let at = open; at < message.length; at += 1) {
    if (message[at] === '{') depth += 1;
    if (message[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return message.length;
}

function branch(branches: string, count: number, locale: string): string {
  const named = new Map<string, string>();
  let at = 0;
  while (at < branches.length) {
    const open = branches.indexOf('{', at);
    if (open < 0) break;
    const close = closing(branches, open);
    named.set(branches.slice(at, open).trim(), branches.slice(open + 1, close));
    at = close + 1;
  }
  const chosen = named.get(`=${count}`) ?? named.get(new Intl.PluralRules(locale).select(count)) ?? named.get('other') ?? '';
  return chosen.replaceAll('#', new Intl.NumberFormat(locale).format(count));
}

export function format(message: string, values: Values, locale: string): string {
  let filled = '';
  let at = 0;
  while (at < message.length) {
    const open = message.indexOf('{', at);
    if (open < 0) return filled + message.slice(at);
    const close = closing(message, open);
    const [name = '', kind, ...rest] = message.slice(open + 1, close).split(',');
    const value = values[name.trim()] ?? '';
    filled += message.slice(at, open);
    if (kind?.trim() === 'plural') filled += format(branch(rest.join(','), Number(value), locale), values, locale);
    else filled += typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
    at = close + 1;
  }
  return filled;
}
