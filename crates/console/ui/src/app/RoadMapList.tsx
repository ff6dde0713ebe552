// The road maps that one may see.

import { useEffect } from 'react';
import { useMessages } from '../messages/messages';
import { pathOf } from './address';
import type { Listed } from './App';
import { Frame } from './Frame';
import { Link } from './Link';
import css from './RoadMapList.module.css';

export function RoadMapList({ roadMaps }: { readonly roadMaps: readonly Listed[] }) {
  const { say } = useMessages();
  useEffect(() => {
    document.title = 'Roadbook';
  }, []);
  return (
    <Frame>
      <div className={css.page}>
        <h1 className={css.title}>{say('list.title')}</h1>
        {roadMaps.length === 0 && <p>{say('list.none')}</p>}
        <ul className={css.list}>
          {roadMaps.map(({ id, slug, state }) => (
            <li key={id}>
              <Link to={pathOf(slug, 'table')} className={css.link}>
                {state.title}
              </Link>
              <p className={css.counts}>
                {state.marking} · {say('list.counts', { ...state.statistics })}
              </p>
            </li>
          ))}
        </ul>
      </div>
    </Frame>
  );
}
