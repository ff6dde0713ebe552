// Goes through the history step by step, by hand or by itself, and says what each step was.
// Invariant: it goes on only once the step before is on the screen.

import { useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { amend } from '../app/address';
import { useMessages } from '../messages/messages';
import { organisationName } from '../messages/organisations';
import { placeOf, stepsOf } from './steps';
import css from './TimeBar.module.css';
import type { Timeline } from './timeline';

/** Long enough to find and read what changed. */
const STEP_MS = 1500;

interface Props {
  readonly timeline: Timeline;
  /** The moment of the address; none for the present. */
  readonly at: string | undefined;
  /** The day that is shown. */
  readonly day: string;
  /** Whether the table shows that moment, and is not waiting for it. */
  readonly isShown: boolean;
}

export function Player({ timeline, at, day, isShown }: Props) {
  const messages = useMessages();
  const { say } = messages;
  const steps = useMemo(() => stepsOf(timeline), [timeline]);
  const last = steps.length - 1;
  const place = at === undefined ? last : placeOf(steps, at, day);
  const [isPlaying, setPlaying] = useState(false);
  const show = (next: number) => {
    const step = steps[next];
    if (step) amend(next === last ? { at: undefined, time: '1' } : { at: `v${step.version}` });
  };
  useEffect(() => {
    if (!isPlaying || !isShown) return;
    if (place >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => show(place + 1), STEP_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, isShown, place, last]);
  const play = () => {
    // There is nothing after the present: it begins anew.
    if (place >= last) show(0);
    setPlaying(true);
  };
  const step = steps[place];
  const [told] = step?.events ?? [];
  return (
    <div className={css.player} data-on={/^v\d/u.test(at ?? '')}>
      <Button className="plain" isDisabled={place <= 0} onPress={() => show(place - 1)}>
        {say('time.eventBefore')}
      </Button>
      <Button className="plain" isDisabled={last < 1} onPress={() => (isPlaying ? setPlaying(false) : play())}>
        {say(isPlaying ? 'time.pause' : 'time.play')}
      </Button>
      <Button className="plain" isDisabled={place >= last} onPress={() => show(place + 1)}>
        {say('time.eventAfter')}
      </Button>
      {step && told && (
        <p className={css.told} role="status">
          {say('time.event', { place: place + 1, count: steps.length, day: messages.dayOf(told.effectiveAt) })}{' '}
          {organisationName(told.author, messages)}: {told.summary}
          {step.events.length > 1 && ` ${say('time.andMore', { count: step.events.length - 1 })}`}
        </p>
      )}
    </div>
  );
}
