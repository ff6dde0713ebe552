// The filters and the choice of columns. It owns the form; what is chosen stands in the address.

import { useId, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { amend } from '../app/address';
import { useMessages } from '../messages/messages';
import { actorsOf, DUE_CHOICES, type Filter, FILTER_PARTS, isEmpty, PROGRESS_CHOICES } from '../model/filter';
import type { State } from '../model/roadMap';
import css from './FilterBar.module.css';

interface Props {
  readonly state: State;
  readonly filter: Filter;
  readonly hidden: ReadonlySet<string>;
  readonly shown: number;
  readonly total: number;
}

export function FilterBar({ state, filter, hidden, shown, total }: Props) {
  const { say } = useMessages();
  const [isChoosing, setChoosing] = useState(false);
  const field = state.fields.find(({ letter }) => letter === filter.field);
  const strands = (field ? [field] : state.fields).flatMap((one) => one.strands);
  const hide = (name: string, isHidden: boolean) => {
    const names = new Set(hidden);
    if (isHidden) names.add(name);
    else names.delete(name);
    amend({ hide: [...names].join(',') });
  };
  return (
    <search className={css.bar} aria-label={say('filter.title')}>
      <Choice
        label={say('filter.field')}
        value={filter.field}
        onChange={(letter) => amend({ field: letter, strand: undefined })}
        choices={state.fields.map(({ letter, title }) => [letter, `${letter}. ${title}`])}
      />
      <Choice
        label={say('filter.strand')}
        value={filter.strand}
        onChange={(strand) => amend({ strand })}
        choices={strands.map(({ label, title }) => [label, `${label} ${title}`])}
      />
      <Choice
        label={say('filter.actor')}
        value={filter.actor}
        onChange={(actor) => amend({ actor })}
        choices={actorsOf(state).map((actor) => [actor, actor])}
      />
      <Choice
        label={say('filter.due')}
        value={filter.due}
        onChange={(due) => amend({ due })}
        choices={DUE_CHOICES.map((choice) => [choice, say(`filter.due.${choice}`)])}
      />
      <Choice
        label={say('filter.progress')}
        value={filter.progress}
        onChange={(progress) => amend({ progress })}
        choices={PROGRESS_CHOICES.map((choice) => [choice, say(`filter.progress.${choice}`)])}
      />
      <label className={css.choice}>
        <span>{say('filter.text')}</span>
        <input type="search" value={filter.text ?? ''} onChange={({ target }) => amend({ text: target.value })} />
      </label>
      <div
        className={css.disclosure}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setChoosing(false);
        }}
      >
        <button type="button" className="plain" aria-expanded={isChoosing} onClick={() => setChoosing(!isChoosing)}>
          {say('filter.columns')}
        </button>
        {isChoosing && (
          <fieldset className={css.columns}>
            <legend className="unseen">{say('filter.columns')}</legend>
            {state.columns.map(({ name, heading }) => (
              <label key={name}>
                <input
                  type="checkbox"
                  checked={!hidden.has(name)}
                  onChange={({ target }) => hide(name, !target.checked)}
                />
                {heading}
              </label>
            ))}
          </fieldset>
        )}
      </div>
      <p className={css.count} role="status">
        {shown === total ? say('filter.all', { total }) : say('filter.some', { shown, total })}
      </p>
      {!isEmpty(filter) && (
        <Button className="plain" onPress={() => amend(Object.fromEntries(FILTER_PARTS.map((part) => [part, undefined])))}>
          {say('filter.clear')}
        </Button>
      )}
    </search>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly choices: readonly (readonly [string, string])[];
  readonly onChange: (value: string | undefined) => void;
}

function Choice({ label, value, choices, onChange }: ChoiceProps) {
  const { say } = useMessages();
  const id = useId();
  return (
    <div className={css.choice}>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value ?? ''} data-set={value !== undefined} onChange={({ target }) => onChange(target.value || undefined)}>
        <option value="">{say('filter.any')}</option>
        {value !== undefined && !choices.some(([choice]) => choice === value) && <option value={value}>{value}</option>}
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
