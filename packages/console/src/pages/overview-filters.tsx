/** What is listed: search, states, group, and the time that the bars show. All of it is in the address. */
import type { RangeName } from '../model/bars.ts';
import { SHOWN_STATES, type Filters, type ShownState } from '../model/filters.ts';
import { setQuery } from '../navigation.tsx';
import { Choice } from '../parts/basics.tsx';
import { Icon } from '../parts/icon.tsx';
import { Mark } from '../parts/mark.tsx';

interface FilterBarProps {
  readonly filters: Filters;
  readonly counts: ReadonlyMap<ShownState, number>;
  readonly groups: readonly string[];
}

export const RANGE_CHOICES: readonly (readonly [RangeName, string])[] = [
  ['1h', '1 h'],
  ['24h', '24 h'],
  ['30d', '30 d'],
  ['90d', '90 d'],
];

export function FilterBar({ filters, counts, groups }: FilterBarProps) {
  const { text, states, group, range } = filters;
  const toggle = (state: ShownState): void => {
    const chosen = states.includes(state) ? states.filter((s) => s !== state) : [...states, state];
    setQuery({ state: chosen.join(',') });
  };
  return (
    <div className="filters" role="search">
      <label className="search">
        <Icon name="search" />
        <span className="spoken">Search monitors</span>
        <input
          type="search"
          placeholder="Name, target or label=value"
          value={text}
          onChange={(event) => setQuery({ q: event.target.value })}
        />
      </label>
      <div className="chips" role="group" aria-label="States">
        {SHOWN_STATES.filter((state) => counts.has(state) || states.includes(state)).map(
          (state) => (
            <button
              key={state}
              type="button"
              className="chip"
              aria-pressed={states.includes(state)}
              onClick={() => toggle(state)}
            >
              <Mark tone={state} label="" size={13} /> {state} <b>{counts.get(state) ?? 0}</b>
            </button>
          ),
        )}
      </div>
      {groups.length > 0 && (
        <label className="pick">
          <span className="spoken">Group</span>
          <select value={group ?? ''} onChange={(event) => setQuery({ group: event.target.value })}>
            <option value="">All groups</option>
            {groups.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <Choice
        label="Time that the bars show"
        value={range}
        options={RANGE_CHOICES}
        onChoose={(chosen) => setQuery({ range: chosen === '1h' ? null : chosen })}
      />
    </div>
  );
}
