// A link within the console: an ordinary one for the middle button and for "open in new window".

import type { MouseEvent, ReactNode } from 'react';
import { go } from './address';

interface Props {
  readonly to: string;
  readonly current?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

export function Link({ to, current = false, className, children }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} className={className} aria-current={current ? 'page' : undefined}>
      {children}
    </a>
  );
}
