// Two moments side by side in one table, or three: inserted words bold and underlined, deleted ones struck through.
// Invariant: which moments, and whether only changed rows are shown, stands in the address.

import { useMemo } from 'react';
import { Button } from 'react-aria-components/Button';
import { amend, usePlace } from '../app/address';
import { type MessageKey, useMessages } from '../messages/messages';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { type Action, actionsOf, type Field, type State, type Strand } from '../model/roadMap';
import { blocksOf } from '../table/blocks';
import { DeskContext, READING } from '../table/desk';
import { Footnotes, Table } from '../table/Table';
import { targetAt } from '../table/walk';
import { Words } from '../table/Words';
import { momentOf, today } from '../time/moment';
import { type Timeline, useTimeline } from '../time/timeline';
import { changedKeys, type Comparison, type Difference, useComparison } from './comparison';
import css from './ComparePage.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
}

export function ComparePage({ live, state }: Props) {
  const { say } = useMessages();
  const { query } = usePlace();
  const { version } = state.moment;
  const timeline = useTimeline(live.roadMap, version, true);
  const from = query.get('from') ?? (timeline ? firstMoment(timeline) : undefined);
  const to = query.get('to') ?? 'now';
  const via = query.get('via') ?? undefined;
  if (!timeline || from === undefined) return <p className="message">{say('wait')}</p>;
  return (
    <>
      <div className={css.tools}>
        <MomentChoice label={say('compare.from')} value={from} timeline={timeline} onChange={(value) => amend({ from: value })} />
        {via === undefined ? (
          <Button className="plain" onPress={() => amend({ via: secondMoment(timeline, from) })}>
            {say('compare.addVia')}
          </Button>
        ) : (
          <>
            <MomentChoice label={say('compare.via')} value={via} timeline={timeline} onChange={(value) => amend({ via: value })} />
            <Button className="plain" onPress={() => amend({ via: undefined })}>
              {say('compare.removeVia')}
            </Button>
          </>
        )}
        <MomentChoice label={say('compare.to')} value={to} timeline={timeline} onChange={(value) => amend({ to: value })} />
      </div>
      <Result live={live} from={from} via={via} to={to} version={version} />
    </>
  );
}

function firstMoment({ revisions, seals }: Timeline): string {
  if (revisions[0]) return `revision:${revisions[0].number}`;
  return seals[0] ? `presidency:${seals[0].presidency}` : 'v1';
}

/** A moment after the first, to begin with: the revision that followed it, or else today. */
function secondMoment({ revisions }: Timeline, from: string): string {
  const at = revisions.findIndex(({ number }) => `revision:${number}` === from);
  const next = revisions[at + 1];
  return next ? `revision:${next.number}` : today();
}

interface ResultProps {
  readonly live: LiveRoadMap;
  readonly from: string;
  readonly via: string | undefined;
  readonly to: string;
  readonly version: number;
}

function Result({ live, from, via, to, version }: ResultProps) {
  const { say } = useMessages();
  // Only what ends now goes on with the road map.
  const compared = useComparison(live.roadMap, from, via, to, momentOf(to) ? 0 : version);
  if (!compared) return <p className="message">{say('wait')}</p>;
  if (!compared.comparison) {
    return (
      <p className="message" role="alert">
        {compared.fault ?? say('compare.none')}
      </p>
    );
  }
  return <Differences comparison={compared.comparison} />;
}

function Differences({ comparison }: { readonly comparison: Comparison }) {
  const { say, dayOf } = useMessages();
  const { query } = usePlace();
  const { state, steps, differences } = comparison;
  const [first] = steps;
  const last = steps[1] ?? first;
  const isWhole = query.get('rows') === 'all';
  const changed = useMemo(() => changedKeys(comparison), [comparison]);
  const isChanged = useMemo(
    () => (field: Field, strand: Strand, action: Action) =>
      changed.has(action.key) ||
      action.cells.some(({ cell }) => changed.has(cell.key)) ||
      (strand.actions[0] === action && (changed.has(strand.key) || (field.strands[0] === strand && changed.has(field.key)))),
    [changed],
  );
  const blocks = useMemo(
    () => blocksOf(state, state.columns, isWhole ? () => true : isChanged, false),
    [state, isWhole, isChanged],
  );
  const places = useMemo(() => [...placesOf(state, changed)], [state, changed]);
  const selected = query.get('cell') ?? undefined;
  const here = selected === undefined ? -1 : places.indexOf(selected);
  const go = (key: string | undefined) => amend({ cell: key });
  return (
    <DeskContext value={{ ...READING, selected, differences, select: (target) => go(target?.key) }}>
      <div className={css.bar}>
        <p className={css.moments}>
          {say('compare.moments', { from: dayOf(first.from.effective), to: dayOf(last.to.effective) })}
        </p>
        {last !== first && <Legend day={dayOf(first.to.effective)} />}
        <div className={css.steps}>
          <Button className="plain" isDisabled={here <= 0} onPress={() => go(places[here - 1])}>
            {say('compare.previous')}
          </Button>
          <Button className="plain" isDisabled={here >= places.length - 1} onPress={() => go(places[here + 1])}>
            {say('compare.next')}
          </Button>
          <label className={css.whole}>
            <input type="checkbox" checked={!isWhole} onChange={({ target }) => amend({ rows: target.checked ? undefined : 'all' })} />
            {say('compare.onlyChanged')}
          </label>
        </div>
      </div>
      {steps.map((step, nth) => (
        <Counts
          key={nth}
          difference={step}
          title={
            last === first
              ? say('compare.counts')
              : say('compare.countsOf', { from: dayOf(step.from.effective), to: dayOf(step.to.effective) })
          }
        />
      ))}
      <div className={css.table}>
        <Table
          // Another selection of rows begins at the top.
          key={isWhole ? 'all' : 'changed'}
          state={state}
          columns={state.columns}
          blocks={blocks}
          caption={say('compare.caption')}
          whenEmpty={say('compare.same')}
          follow={selected !== undefined && targetAt(blocks, selected) ? selected : undefined}
        />
        <Footnotes state={state} />
      </div>
    </DeskContext>
  );
}

/** What differs in words or place, in the order of reading. */
function* placesOf(state: State, changed: ReadonlySet<string>): Generator<string> {
  const seen = new Set<string>();
  for (const action of actionsOf(state)) {
    for (const key of [action.key, ...action.cells.map(({ cell }) => cell.key)]) {
      if (!changed.has(key) || seen.has(key)) continue;
      seen.add(key);
      yield key;
    }
  }
}

const KINDS = ['ADDED', 'REMOVED', 'MOVED', 'CHANGED'] as const;
const KIND_TITLES: Readonly<Record<(typeof KINDS)[number], MessageKey>> = {
  ADDED: 'compare.added',
  REMOVED: 'compare.removed',
  MOVED: 'compare.moved',
  CHANGED: 'compare.changed',
};

/** What the marks of two steps mean. */
function Legend({ day }: { readonly day: string }) {
  const { say } = useMessages();
  return (
    <div className={css.legend}>
      <Words
        pieces={[
          { kind: 'INSERTED', step: 1, text: say('compare.before', { day }) },
          { kind: 'KEPT', text: ' · ' },
          { kind: 'DELETED', step: 1, text: say('compare.before', { day }) },
          { kind: 'KEPT', text: ' · ' },
          { kind: 'INSERTED', step: 2, text: say('compare.after') },
          { kind: 'KEPT', text: ' · ' },
          { kind: 'DELETED', step: 2, text: say('compare.after') },
          { kind: 'KEPT', text: ' · ' },
          { kind: 'DELETED', step: 'both', text: say('compare.cameAndWent') },
        ]}
      />
    </div>
  );
}

interface CountsProps {
  readonly difference: Difference;
  readonly title: string;
}

/** How much differs, by field. */
function Counts({ difference: { changes, state }, title }: CountsProps) {
  const { say, number } = useMessages();
  const rows = useMemo(() => {
    const fieldOf = new Map<string, string>();
    for (const field of state.fields) {
      fieldOf.set(field.key, field.key);
      for (const strand of field.strands) {
        fieldOf.set(strand.key, field.key);
        for (const action of strand.actions) {
          fieldOf.set(action.key, field.key);
          for (const { cell } of action.cells) fieldOf.set(cell.key, field.key);
        }
      }
    }
    const counts = new Map<string, Record<string, number>>();
    for (const { subject, kind } of changes) {
      const field = fieldOf.get(subject) ?? '';
      const row = counts.get(field) ?? {};
      row[kind] = (row[kind] ?? 0) + 1;
      counts.set(field, row);
    }
    const named = state.fields.map(({ key, letter, title }) => ({ key, title: `${letter}. ${title}` }));
    return [...named, { key: '', title: undefined }].flatMap((field) => {
      const row = counts.get(field.key);
      return row ? [{ ...field, row }] : [];
    });
  }, [changes, state]);
  if (rows.length === 0) return null;
  return (
    <div className={css.counts} role="region" aria-label={title} tabIndex={0}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{say('filter.field')}</th>
            {KINDS.map((kind) => (
              <th key={kind} scope="col">
                {say(KIND_TITLES[kind])}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, title: field, row }) => (
            <tr key={key}>
              <th scope="row">{field ?? say('compare.elsewhere')}</th>
              {KINDS.map((kind) => (
                <td key={kind}>{row[kind] === undefined ? '' : number(row[kind])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly timeline: Timeline;
  readonly onChange: (value: string) => void;
}

/** A moment by its name, a day, or a version of the log. */
function MomentChoice({ label, value, timeline, onChange }: ChoiceProps) {
  const { say } = useMessages();
  const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(value);
  const named = [
    ...timeline.revisions.map(({ number }) => [`revision:${number}`, number] as const),
    ...timeline.seals.flatMap(({ presidency }) => [
      [`presidency:${presidency}`, say('compare.presidency', { presidency })] as const,
      [`sealed:${presidency}`, say('compare.sealed', { presidency })] as const,
    ]),
    ['now', say('compare.now')] as const,
  ];
  const version = /^v(\d+)$/u.exec(value)?.[1];
  const newest = timeline.events.at(-1)?.version ?? 1;
  const kind = isDay ? 'day' : version === undefined ? value : 'version';
  const isUnknown = kind === value && !named.some(([name]) => name === value);
  return (
    <fieldset className={css.choice}>
      <legend>{label}</legend>
      <select
        aria-label={label}
        value={kind}
        onChange={({ target }) =>
          onChange(target.value === 'day' ? today() : target.value === 'version' ? `v${newest}` : target.value)
        }
      >
        {isUnknown && <option value={value}>{value}</option>}
        {named.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
        <option value="day">{say('compare.day')}</option>
        <option value="version">{say('compare.version')}</option>
      </select>
      {isDay && (
        <input
          type="date"
          aria-label={say('compare.dayOf', { moment: label })}
          value={value}
          max={today()}
          onChange={({ target }) => {
            if (target.value !== '') onChange(target.value);
          }}
        />
      )}
      {version !== undefined && (
        <input
          type="number"
          aria-label={say('compare.versionOf', { moment: label })}
          value={version}
          min={1}
          max={newest}
          onChange={({ target }) => {
            const chosen = target.valueAsNumber;
            if (Number.isInteger(chosen) && chosen >= 1 && chosen <= newest) onChange(`v${chosen}`);
          }}
        />
      )}
    </fieldset>
  );
}
