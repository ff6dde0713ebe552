// What a cell shows, as it is printed.

import { memo } from 'react';
import type { Column, Content as CellContent } from '../model/roadMap';
import { useMessages } from '../messages/messages';
import css from './Content.module.css';

interface Props {
  readonly content: CellContent;
  readonly kind: Column['kind'];
}

export const Content = memo(function Content({ content, kind }: Props) {
  const { say } = useMessages();
  if (content.__typename === 'Redacted') return <em className={css.redacted}>{say('cell.redacted')}</em>;
  if (content.__typename === 'Blank') return null;
  const lines = content.printed.split('\n');
  const isOverdue = content.__typename === 'DueContent' && content.overdue;
  return (
    <>
      {lines.map((line, at) => (
        <p key={at} dir="auto" className={kind === 'ACTORS' && at === 0 ? css.lead : css.paragraph}>
          {line}
        </p>
      ))}
      {isOverdue && <p className={css.overdue}>{say('cell.overdue')}</p>}
    </>
  );
});
