/** What a plan would change, or an apply has changed. */
import type { MonitorChange, PlanResult, SloChange } from '@trustmonitor/protocol';
import type { Colour, Paint } from '../output/paint.ts';
import { renderTable, type Column } from '../output/table.ts';

type Action = MonitorChange['action'];

const MARKS: Readonly<Record<Action, { mark: string; colour: Colour }>> = {
  create: { mark: '+', colour: 'green' },
  update: { mark: '~', colour: 'yellow' },
  unchanged: { mark: '=', colour: 'dim' },
  delete: { mark: '-', colour: 'red' },
};

export function renderChanges(result: PlanResult, paint: Paint): string {
  const { slos = [] } = result;
  const monitors = renderMonitors(result, paint);
  if (slos.length === 0) return monitors;
  const objectives = renderTable(slos, columnsFor<SloChange>('OBJECTIVE'), paint);
  return result.changes.length === 0 ? objectives : `${monitors}\n\n${objectives}`;
}

function columnsFor<Change extends Pick<MonitorChange, 'id' | 'action'>>(
  title: string,
): Column<Change>[] {
  return [
    {
      title: '',
      cell: ({ action }) => ({ text: MARKS[action].mark, colour: MARKS[action].colour }),
    },
    { title, cell: ({ id }) => id },
    { title: 'CHANGE', cell: ({ action }) => ({ text: action, colour: MARKS[action].colour }) },
  ];
}

function renderMonitors({ owner, changes }: PlanResult, paint: Paint): string {
  const isTaken = changes.some((change) => takenFrom(change, owner) !== '');
  const columns = columnsFor<MonitorChange>('MONITOR');
  const taken = { title: 'OWNER', cell: (change: MonitorChange) => takenFrom(change, owner) };
  return renderTable(changes, isTaken ? [...columns, taken] : columns, paint);
}

/** Empty for a monitor that stays with its owner. */
function takenFrom({ action, previousOwner }: MonitorChange, owner: string): string {
  if (action === 'create' || previousOwner === owner) return '';
  return previousOwner === null ? `${owner}, before nobody` : `${owner}, before ${previousOwner}`;
}

/** `2 to create, 1 unchanged`, or `2 created, 1 unchanged` once it is done. */
export function summarise({ changes, slos = [] }: PlanResult, isDone: boolean): string {
  const count = (action: Action) => [...changes, ...slos].filter((c) => c.action === action).length;
  const parts = [
    [count('create'), isDone ? 'created' : 'to create'],
    [count('update'), isDone ? 'updated' : 'to update'],
    [count('delete'), isDone ? 'deleted' : 'to delete'],
    [count('unchanged'), 'unchanged'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return said.length === 0 ? 'no monitors' : said.join(', ');
}
