// One cell for several actions: consecutive ones of a strand are made to share it, or each gets its own again.
// Invariant: the text that they are to share is shown, and can be changed, before they share it.

import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { useMessages } from '../messages/messages';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { type Action, allowedOf, allows, type Column, type State } from '../model/roadMap';
import { useCommands } from '../structure/commands';
import { Outcome } from '../structure/Outcome';
import css from './Sharing.module.css';

interface Props {
  readonly live: LiveRoadMap;
  readonly state: State;
  readonly action: Action;
  readonly column: Column;
}

export function Sharing({ live, state, action, column }: Props) {
  const { say } = useMessages();
  const commands = useCommands(live);
  const [isOpen, setOpen] = useState(false);
  const place = state.columns.findIndex(({ key }) => key === column.key);
  const cell = action.cells[place]?.cell;
  const actions = state.fields.flatMap(({ strands }) => strands).find((strand) => strand.actions.includes(action))?.actions ?? [];
  const run = actions.filter(({ cells }) => cells[place]?.cell.key === cell?.key);
  const mayShare = allows(allowedOf(cell), 'SHARE_CELLS') && actions.length > run.length;
  const maySplit = allows(allowedOf(cell), 'UNSHARE_CELLS') && run.length > 1;
  if (!mayShare && !maySplit) return null;
  return (
    <section>
      <Outcome commands={commands} />
      {isOpen && mayShare ? (
        <ShareForm
          actions={actions}
          run={run}
          place={place}
          isBusy={commands.isBusy}
          onCancel={() => setOpen(false)}
          onShare={async (shared, content) => {
            const keys = shared.map(({ key }) => key);
            if (await commands.run({ shareCells: { column: column.key, actions: keys, content } })) setOpen(false);
          }}
        />
      ) : (
        <div className={css.buttons}>
          {mayShare && (
            <Button className="plain" onPress={() => setOpen(true)}>
              {say('sharing.share')}
            </Button>
          )}
          {maySplit && (
            <Button
              className="plain"
              isDisabled={commands.isBusy}
              onPress={() => void commands.run({ unshareCells: { column: column.key, action: action.key } })}
            >
              {say('sharing.split')}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

interface FormProps {
  readonly actions: readonly Action[];
  /** Those that show the cell now. */
  readonly run: readonly Action[];
  readonly place: number;
  readonly isBusy: boolean;
  readonly onCancel: () => void;
  readonly onShare: (actions: readonly Action[], content: string) => Promise<void>;
}

function ShareForm({ actions, run, place, isBusy, onCancel, onShare }: FormProps) {
  const { say } = useMessages();
  const first = actions.findIndex(({ key }) => key === run[0]?.key);
  const last = first + run.length - 1;
  // One more to begin with: the next below, or else the one above.
  const isAtEnd = last === actions.length - 1;
  const [from, setFrom] = useState(isAtEnd ? first - 1 : first);
  const [to, setTo] = useState(isAtEnd ? last : last + 1);
  const [typed, setTyped] = useState<string>();
  const chosen = actions.slice(from, to + 1);
  const text = typed ?? together(chosen, place);
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void onShare(chosen, text);
      }}
    >
      <label>
        {say('sharing.from')}
        <select value={from} autoFocus onChange={({ target }) => setFrom(Number(target.value))}>
          {actions.slice(0, first + 1).map(({ key, label }, at) => (
            <option key={key} value={at}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say('sharing.to')}
        <select value={to} onChange={({ target }) => setTo(Number(target.value))}>
          {actions.slice(last).map(({ key, label }, at) => (
            <option key={key} value={last + at}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say('sharing.text')}
        <textarea rows={4} value={text} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <div className={css.buttons}>
        <Button className="primary" type="submit" isDisabled={isBusy || chosen.length < 2}>
          {say('sharing.do')}
        </Button>
        <Button className="plain" onPress={onCancel}>
          {say('structure.cancel')}
        </Button>
      </div>
    </form>
  );
}

/** The lines of their cells, each once. */
function together(actions: readonly Action[], place: number): string {
  const lines = actions.flatMap(({ cells }) => cells[place]?.cell.content.printed.split('\n') ?? []);
  return [...new Set(lines)].filter((line) => line.trim() !== '').join('\n');
}
