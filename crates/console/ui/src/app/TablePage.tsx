// The page of the table: filters, time, the table itself, and what is beside it.
// Invariant: a past moment is only read, and is framed as the past.

import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components/Button';
import { ConflictDialog } from '../edit/ConflictDialog';
import { Notices } from '../edit/Notices';
import { learn } from '../edit/suggestions';
import { useEditing } from '../edit/useEditing';
import { useMessages } from '../messages/messages';
import type { Draft } from '../model/drafts';
import { filterOf, filterPart, matcher } from '../model/filter';
import { gazesOf } from '../model/gazes';
import type { LiveRoadMap, Snapshot } from '../model/liveRoadMap';
import type { Presence } from '../model/presence';
import { actionsOf, type Content, type State, type Target } from '../model/roadMap';
import { blocksOf } from '../table/blocks';
import { type Desk, DeskContext } from '../table/desk';
import { FilterBar } from '../table/FilterBar';
import { TypingHere } from '../table/Present';
import { Footnotes, Table } from '../table/Table';
import { dayOf, momentOf, today } from '../time/moment';
import { usePast } from '../time/past';
import { Player } from '../time/Player';
import { changedBy, stepAt } from '../time/steps';
import { TimeBar } from '../time/TimeBar';
import { useTimeline } from '../time/timeline';
import { amend, usePlace } from './address';
import { Panel } from './Panel';
import css from './TablePage.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
  readonly snapshot: Snapshot;
  readonly presence: Presence;
  readonly organisation: string;
}

export function TablePage({ live, state: current, snapshot, presence, organisation }: Props) {
  const { say, dayOf: writeDay } = useMessages();
  const { query } = usePlace();
  const at = momentOf(query.get('at')) ? (query.get('at') ?? undefined) : undefined;
  const isPast = at !== undefined;
  const { version } = current.moment;
  const past = usePast(live.roadMap, at, version);
  const isTimeOpen = isPast || query.has('time');
  const timeline = useTimeline(live.roadMap, version, isTimeOpen);
  const state = (isPast ? past?.state : undefined) ?? current;
  const isShownPast = isPast && past?.state !== undefined;

  const hiddenText = query.get('hide') ?? '';
  const filterText = filterPart(query);
  const filter = useMemo(() => filterOf(new URLSearchParams(filterText)), [filterText]);
  const hidden = useMemo(() => new Set(hiddenText.split(',').filter((name) => name !== '')), [hiddenText]);
  const columns = useMemo(() => state.columns.filter(({ name }) => !hidden.has(name)), [state.columns, hidden]);
  const blocks = useMemo(() => blocksOf(state, columns, matcher(state, filter), false), [state, columns, filter]);
  const total = useMemo(() => [...actionsOf(state)].length, [state]);
  const shown = blocks.reduce((sum, block) => sum + (block.is === 'strand' ? block.rows.length : 0), 0);
  useEffect(() => learn(actorsPrinted(current)), [current]);

  const day = isPast ? dayShown(at, state) : today();
  const step = useMemo(() => stepAt(timeline, at), [timeline, at]);
  const stepped = useMemo(() => (step && past?.at === at ? changedBy(step, state) : undefined), [step, past, at, state]);
  const marked = useMemo(() => new Map([...(stepped ?? [])].map((key) => [key, step?.version ?? 0])), [stepped, step]);
  const editing = useEditing(live, organisation);
  const selected = query.get('cell') ?? undefined;
  const { participants } = useSyncExternalStore(presence.subscribe, presence.snapshot);
  const gazes = useMemo(() => gazesOf(current, participants), [current, participants]);
  const desk: Desk = {
    ...editing.desk,
    isEditable: !isPast,
    selected,
    editing: isPast ? undefined : editing.desk.editing,
    drafts: isPast ? NO_DRAFTS : editing.desk.drafts,
    touched: isPast ? marked : snapshot.touched,
    gazes: isPast ? NO_GAZES : gazes,
    differences: undefined,
  };
  const chosen = selected === undefined ? undefined : find(state, selected);
  useGaze(presence, isPast ? undefined : chosen?.target, editing.desk);
  const waiting = [...editing.desk.drafts.values()].filter(({ target }) => target !== editing.desk.editing);
  const conflict = editing.openConflict;
  return (
    <DeskContext value={desk}>
      <div className={css.page} data-past={isPast}>
        {isPast && (
          <div className={css.past} role="status">
            <strong>{isShownPast ? say(step ? 'time.after' : 'time.past', { day: writeDay(step?.events[0]?.effectiveAt ?? state.moment.effective) }) : (past?.fault ?? say('wait'))}</strong>{' '}
            {isShownPast && say('time.readOnly')}{' '}
            <Button className="plain" onPress={() => amend({ at: undefined })}>
              {say('time.now')}
            </Button>
          </div>
        )}
        {isTimeOpen && timeline && (
          <TimeBar timeline={timeline} isPast={isPast} day={day}>
            <Player timeline={timeline} at={at} day={day} isShown={past?.at === at} />
          </TimeBar>
        )}
        <div className={css.tools}>
          <FilterBar state={state} filter={filter} hidden={hidden} shown={shown} total={total} />
          {!isPast && (
            <div className={css.time}>
              <Button className="plain" onPress={() => amend({ time: isTimeOpen ? undefined : '1' })}>
                {say(isTimeOpen ? 'time.close' : 'time.open')}
              </Button>
            </div>
          )}
        </div>
        {waiting.length > 0 && !isPast && <DraftBar drafts={waiting} onOpen={editing.reopen} onForget={editing.forget} />}
        <div className={css.body}>
          <div className={css.table}>
            <Table
              state={state}
              columns={columns}
              blocks={blocks}
              caption={state.title}
              watch={[...(stepped ?? [])][0]}
              whenEmpty={say(total === 0 ? 'table.empty' : 'table.noMatch')}
            />
            <Footnotes state={state} />
          </div>
          {chosen && (
            <Panel live={live} organisation={organisation} state={state} target={chosen.target} content={chosen.content} />
          )}
        </div>
      </div>
      {!isPast && <TypingHere participants={(selected === undefined ? undefined : gazes.get(selected)) ?? []} />}
      <Notices notices={editing.notices} onClose={editing.closeNotice} />
      {!isPast && conflict?.fate.is === 'conflict' && (
        <ConflictDialog
          key={`${conflict.target} ${conflict.fate.conflict.cursor}`}
          draft={conflict}
          conflict={conflict.fate.conflict}
          onTheirs={() => editing.settle(conflict, 'theirs')}
          onText={(text) => editing.settle(conflict, { text })}
          onLater={() => editing.settle(conflict, 'later')}
        />
      )}
    </DeskContext>
  );
}

const NO_DRAFTS: Desk['drafts'] = new Map();
const NO_GAZES: Desk['gazes'] = new Map();

/** Tells the others at which cell or wording one looks, and whether one types there. */
function useGaze(presence: Presence, target: Target | undefined, { editing, drafts }: Pick<Desk, 'editing' | 'drafts'>) {
  const subject = target?.action.key;
  const column = target?.column?.key;
  const key = target?.key;
  const typing = key !== undefined && editing === key && drafts.get(key)?.fate.is === 'typing';
  useEffect(() => {
    presence.look(subject === undefined ? undefined : { subject, column, typing });
  }, [presence, subject, column, typing]);
  useEffect(() => () => presence.look(undefined), [presence]);
}

interface DraftBarProps {
  readonly drafts: readonly Draft[];
  readonly onOpen: (draft: Draft) => void;
  readonly onForget: (draft: Draft) => void;
}

/** What was typed and is not saved: it must be found again wherever the table is scrolled to. */
function DraftBar({ drafts, onOpen, onForget }: DraftBarProps) {
  const { say } = useMessages();
  return (
    <section className={css.drafts} aria-label={say('drafts.title')}>
      <ul>
        {drafts.map((draft) => (
          <li key={draft.target} data-fate={draft.fate.is}>
            <strong>{draft.label}</strong> {say(`draft.${draft.fate.is}`)}
            {draft.fate.is !== 'sending' && (
              <>
                <Button className="plain" onPress={() => onOpen(draft)}>
                  {say('drafts.open')}
                </Button>
                <Button className="plain" onPress={() => onForget(draft)}>
                  {say('edit.discard')}
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function find(state: State, key: string): { readonly target: Target; readonly content: Content | undefined } | undefined {
  for (const action of actionsOf(state)) {
    if (action.key === key) return { target: { key, action, column: undefined }, content: undefined };
    const nth = action.cells.findIndex(({ cell }) => cell.key === key);
    const column = state.columns[nth];
    if (column) return { target: { key, action, column }, content: action.cells[nth]?.cell.content };
  }
  return undefined;
}

function* actorsPrinted(state: State): Generator<string> {
  for (const action of actionsOf(state)) {
    for (const { cell } of action.cells) {
      if (cell.content.__typename !== 'ActorsContent') continue;
      for (const { printed } of [...cell.content.lead, ...cell.content.others]) yield printed;
    }
  }
}

function dayShown(at: string | undefined, state: State): string {
  return at !== undefined && /^\d{4}-\d{2}-\d{2}$/u.test(at) ? at : dayOf(state.moment.effective);
}
