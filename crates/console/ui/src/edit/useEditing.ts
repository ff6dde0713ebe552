// Editing on a road map's page: what is selected, what is being typed, what is on its way.
// Invariant: a draft keeps the base that was read when its typing began, however much has changed since.

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { amend } from '../app/address';
import { type Draft, Drafts } from '../model/drafts';
import type { LiveRoadMap } from '../model/liveRoadMap';
import { modeOf, place, type Target } from '../model/roadMap';
import { Sending } from '../model/sending';
import type { Desk } from '../table/desk';
import type { Notice } from './Notices';

export interface Editing {
  readonly desk: Pick<Desk, 'editing' | 'drafts' | 'select' | 'edit' | 'type' | 'save' | 'leave' | 'discard'>;
  readonly notices: readonly Notice[];
  readonly closeNotice: (id: number) => void;
  readonly openConflict: Draft | undefined;
  readonly settle: (draft: Draft, outcome: { readonly text: string } | 'theirs' | 'later') => void;
  readonly reopen: (draft: Draft) => void;
  readonly forget: (draft: Draft) => void;
}

export function useEditing(live: LiveRoadMap, organisation: string): Editing {
  const drafts = useMemo(() => new Drafts(organisation, live.roadMap), [organisation, live]);
  const all = useSyncExternalStore(drafts.subscribe, drafts.all);
  const [editing, setEditing] = useState<string>();
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const [postponed, setPostponed] = useState<ReadonlySet<string>>(new Set());
  const nextNotice = useRef(1);
  const sending = useMemo(() => {
    const tell = (told: Notice['told']) => {
      const id = nextNotice.current;
      nextNotice.current += 1;
      setNotices((before) => [...before, { id, told }]);
    };
    return new Sending(live, drafts, tell);
  }, [live, drafts]);
  useEffect(() => drafts.start(() => sending.resend()), [drafts, sending]);
  useEffect(() => sending.start(), [sending]);

  const focus = (key: string) =>
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-target="${CSS.escape(key)}"]`)?.focus());
  const fresh = (target: Target): Draft | undefined => {
    const { state } = live.snapshot();
    if (!state) return undefined;
    const { key, action, column } = target;
    const before = column ? action.cells.find(({ cell }) => cell.key === key)?.cell.content.printed : action.text;
    return {
      target: key,
      action: action.key,
      column: column?.key,
      label: place(target),
      text: before ?? '',
      before: before ?? '',
      base: state.moment.cursor,
      commandId: undefined,
      isProposal: modeOf(target) === 'propose',
      fate: { is: 'typing' },
    };
  };
  const select = (target: Target | undefined) => amend({ cell: target?.key });
  const desk: Editing['desk'] = {
    editing,
    drafts: all,
    select,
    edit: (target) => {
      select(target);
      const draft = all.get(target.key);
      if (draft?.fate.is === 'conflict') setPostponed((before) => without(before, target.key));
      else if (draft?.fate.is !== 'sending') setEditing(target.key);
    },
    type: (target, text) => {
      const draft = drafts.all().get(target.key) ?? fresh(target);
      if (draft) drafts.keep({ ...draft, text, commandId: undefined, fate: { is: 'typing' } });
    },
    save: (target) => {
      const draft = drafts.all().get(target.key);
      setEditing(undefined);
      focus(target.key);
      if (!draft) return;
      if (draft.text === draft.before) drafts.drop(target.key);
      else void sending.send(draft);
    },
    leave: (target) => {
      setEditing(undefined);
      focus(target.key);
    },
    discard: (target) => {
      drafts.drop(target.key);
      setEditing(undefined);
      focus(target.key);
    },
  };
  // What was refused is opened again, with the reason beside what was typed.
  const refused = [...all.values()].find(({ fate, target }) => fate.is === 'refused' && !postponed.has(target))?.target;
  useEffect(() => {
    if (refused === undefined) return;
    setPostponed((before) => new Set(before).add(refused));
    setEditing((now) => now ?? refused);
  }, [refused]);

  return {
    desk,
    notices,
    closeNotice: (id) => setNotices((before) => before.filter((notice) => notice.id !== id)),
    openConflict: [...all.values()].find(({ fate, target }) => fate.is === 'conflict' && !postponed.has(target)),
    settle: (draft, outcome) => {
      if (draft.fate.is !== 'conflict') return;
      if (outcome === 'later') setPostponed((before) => new Set(before).add(draft.target));
      else if (outcome === 'theirs') drafts.drop(draft.target);
      else {
        const { theirs, cursor } = draft.fate.conflict;
        void sending.send({ ...draft, text: outcome.text, before: theirs, base: cursor, commandId: undefined });
      }
    },
    reopen: (draft) => {
      amend({ cell: draft.target });
      if (draft.fate.is === 'conflict') setPostponed((before) => without(before, draft.target));
      else setEditing(draft.target);
    },
    forget: (draft) => drafts.drop(draft.target),
  };
}

function without(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set);
  next.delete(item);
  return next;
}
