// Carries out commands on the structure: at once, and told what became of them. Text goes through drafts instead.
// Invariant: one command at a time, on the state that is shown.

import { useRef, useState } from 'react';
import { type CommandInput, EditDocument } from '../api/generated';
import { ask, Faulty, Unreachable } from '../api/http';
import type { MessageKey } from '../messages/messages';
import type { LiveRoadMap } from '../model/liveRoadMap';

export interface Outcome {
  readonly is: 'done' | 'refused' | 'failed';
  /** What the server said, in its words, or a message of the catalogue. */
  readonly messages: readonly string[];
  readonly key?: MessageKey;
}

export interface Commands {
  readonly isBusy: boolean;
  readonly outcome: Outcome | undefined;
  /** Whether it was done. */
  readonly run: (command: CommandInput) => Promise<boolean>;
}

export function useCommands(live: LiveRoadMap): Commands {
  const [isBusy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  // The same command under the same id, if its answer was lost: it is done once.
  const last = useRef<{ readonly command: CommandInput; readonly commandId: string }>(undefined);
  const run = async (command: CommandInput): Promise<boolean> => {
    const { state } = live.snapshot();
    if (!state || isBusy) return false;
    const isRepeated = JSON.stringify(last.current?.command) === JSON.stringify(command);
    const commandId = isRepeated && last.current ? last.current.commandId : crypto.randomUUID();
    last.current = { command, commandId };
    setBusy(true);
    try {
      const { edit } = await ask(EditDocument, {
        input: { roadMap: live.roadMap, commandId, base: state.moment.cursor, commands: [command] },
      });
      last.current = undefined;
      if (edit.__typename === 'EditDone') {
        setOutcome({ is: 'done', messages: [], key: 'structure.done' });
        return true;
      }
      if (edit.__typename === 'EditRefused') {
        setOutcome({ is: 'refused', messages: edit.refusals.map(({ message }) => message) });
      } else {
        setOutcome({ is: 'refused', messages: [], key: 'structure.conflict' });
      }
      return false;
    } catch (fault) {
      if (fault instanceof Unreachable) setOutcome({ is: 'failed', messages: [], key: 'structure.unreachable' });
      else if (fault instanceof Faulty) setOutcome({ is: 'failed', messages: [fault.message] });
      else throw fault;
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, outcome, run };
}
