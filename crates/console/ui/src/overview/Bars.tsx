// A table whose last column is drawn: the chart and its table are one, and whoever does not see the bars reads numbers.

import { useMessages } from '../messages/messages';
import css from './Bars.module.css';

export type Tone = 'done' | 'going' | 'open' | 'late' | 'none';

export interface Part {
  readonly tone: Tone;
  readonly title: string;
}

export interface BarRow {
  readonly key: string;
  readonly title: React.ReactNode;
  /** One number for each part. */
  readonly values: readonly number[];
}

interface Props {
  readonly caption: string;
  readonly heading: string;
  readonly parts: readonly Part[];
  readonly rows: readonly BarRow[];
  /** Numbers that are not drawn, beside those that are. */
  readonly beside?: readonly { readonly title: string; readonly values: readonly (number | undefined)[] }[];
}

export function Bars({ caption, heading, parts, rows, beside = [] }: Props) {
  const { number, say } = useMessages();
  const most = Math.max(1, ...rows.map(({ values }) => values.reduce((sum, value) => sum + value, 0)));
  return (
    <div className={css.scroll} role="region" aria-label={caption} tabIndex={0}>
      <table className={css.table}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            {parts.map(({ tone, title }) => (
              <th key={title} scope="col" className={css.number}>
                <span className={css.key} data-tone={tone} aria-hidden="true" />
                {title}
              </th>
            ))}
            {beside.map(({ title }) => (
              <th key={title} scope="col" className={css.number}>
                {title}
              </th>
            ))}
            <td className={css.drawn} aria-hidden="true" />
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, title, values }, nth) => (
            <tr key={key}>
              <th scope="row">{title}</th>
              {values.map((value, at) => (
                <td key={parts[at]?.title} className={css.number}>
                  {number(value)}
                </td>
              ))}
              {beside.map((column) => {
                const value = column.values[nth];
                return (
                  <td key={column.title} className={css.number}>
                    {value === undefined ? say('overview.notCounted') : number(value)}
                  </td>
                );
              })}
              <td className={css.drawn} aria-hidden="true">
                <div className={css.bar}>
                  {values.map((value, at) =>
                    value === 0 ? null : (
                      <span
                        key={parts[at]?.title}
                        className={css.part}
                        data-tone={parts[at]?.tone}
                        style={{ width: `${((100 * value) / most).toFixed(2)}%` }}
                      />
                    ),
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
