// The road map's time: a slider over its days with the presidencies and revisions beside it, a date field, and steps
// from change to change.
// Invariant: it changes the address and nothing else.

import { useMemo } from 'react';
import { Button } from 'react-aria-components/Button';
import { amend } from '../app/address';
import { useMessages } from '../messages/messages';
import { dayAt, dayOf, ordinal, termsBetween, today } from './moment';
import type { Timeline } from './timeline';
import css from './TimeBar.module.css';

/** So many days after the last change are on the slider, at least. */
const DAYS_AFTER = 7;

interface Props {
  readonly timeline: Timeline;
  /** The day that is shown. */
  readonly day: string;
  readonly isPast: boolean;
  /** Beside the controls: how one goes through the history step by step. */
  readonly children: React.ReactNode;
}

export function TimeBar({ timeline, day, isPast, children }: Props) {
  const { say, day: write } = useMessages();
  const marks = useMemo(() => marksOf(timeline), [timeline]);
  const present = ordinal(today());
  const first = marks.days[0] ?? present;
  // The slider ends soon after the last change: nothing can be seen in the years since.
  const lastChange = marks.days.at(-1) ?? present;
  const last = Math.min(present, lastChange + Math.max(DAYS_AFTER, Math.round((lastChange - first) / 20)));
  const now = Math.min(present, Math.max(first, ordinal(day)));
  const length = Math.max(1, last - first);
  const at = (ordinalDay: number) => `${(((Math.min(last, Math.max(first, ordinalDay)) - first) / length) * 100).toFixed(3)}%`;
  const show = (ordinalDay: number | undefined) => {
    if (ordinalDay === undefined) return;
    amend({ at: ordinalDay >= present ? undefined : dayAt(ordinalDay) });
  };
  const earlier = marks.days.findLast((change) => change < now);
  const later = marks.days.find((change) => change > now) ?? (isPast ? present : undefined);
  return (
    <section className={css.bar} aria-label={say('time.title')}>
      <div className={css.controls}>
        <Button className="plain" isDisabled={earlier === undefined} onPress={() => show(earlier)}>
          {say('time.earlier')}
        </Button>
        <Button className="plain" isDisabled={later === undefined} onPress={() => show(later)}>
          {say('time.later')}
        </Button>
        <label className={css.date}>
          {say('time.day')}
          <input
            type="date"
            value={dayAt(now)}
            min={dayAt(first)}
            max={dayAt(present)}
            onChange={({ target }) => {
              if (target.value !== '') show(Math.min(present, Math.max(first, ordinal(target.value))));
            }}
          />
        </label>
        <ul className={css.revisions}>
          {timeline.revisions.map(({ number, effective }) => (
            <li key={number}>
              <Button className="plain" onPress={() => show(ordinal(dayOf(effective)))}>
                {number}
              </Button>
            </li>
          ))}
        </ul>
      </div>
      {children}
      <div className={css.track}>
        <input
          className={css.slider}
          type="range"
          min={first}
          max={last}
          value={Math.min(now, last)}
          aria-label={say('time.slider')}
          aria-valuetext={write(dayAt(now))}
          onChange={({ target }) => show(Number(target.value))}
        />
        <div className={css.changes} aria-hidden="true">
          {marks.days.map((change) => (
            <i key={change} className={css.change} style={{ insetInlineStart: at(change) }} />
          ))}
          {timeline.revisions.map(({ number, effective }) => (
            <i key={number} className={css.revision} title={number} style={{ insetInlineStart: at(ordinal(dayOf(effective))) }} />
          ))}
        </div>
        <div className={css.terms} aria-hidden="true">
          {termsBetween(first, last).map(({ name, from, until }) => {
            const code = marks.presidencies.get(name);
            const width = (Math.min(until, last) - Math.max(from, first)) / length;
            return (
              <span key={name} className={css.term} style={{ flexGrow: width }} title={code ?? name}>
                {code ?? name}
              </span>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function marksOf({ events, seals }: Timeline) {
  const days = [...new Set(events.map(({ effectiveAt }) => ordinal(dayOf(effectiveAt))))].sort((a, b) => a - b);
  const presidencies = new Map(seals.map(({ presidency }) => [presidency.slice(0, 6), presidency]));
  return { days, presidencies };
}
