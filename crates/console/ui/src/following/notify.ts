// A notice of the desktop for what one follows, where one allowed it and looks elsewhere.
// It says what happened in the words of the log and nothing of the text itself.

import { useEffect, useRef } from 'react';
import type { Inbox } from './inbox';

export function useDesktopNotice({ entries, isRead }: Inbox, title: string): void {
  const told = useRef<number>(undefined);
  const newest = entries[0];
  useEffect(() => {
    if (!isRead) return;
    const isNew = told.current !== undefined && newest !== undefined && newest.version > told.current;
    told.current = Math.max(told.current ?? 0, newest?.version ?? 0);
    if (!isNew || !document.hidden || !('Notification' in globalThis) || Notification.permission !== 'granted') return;
    new Notification(title, { body: newest.summary, tag: title });
  }, [isRead, newest, title]);
}
