/** What a plan would change, or an apply has changed. */
import type { Change } from '../api/changes.ts';
import type { Colour, Paint } from '../output/paint.ts';
import { renderTable, type Column } from '../output/table.ts';

const MARKS: Readonly<Record<Change['action'], { mark: string; colour: Colour }>> = {
  create: { mark: '+', colour: 'green' },
  update: { mark: '~', colour: 'yellow' },
  unchanged: { mark: '=', colour: 'dim' },
};

export function renderChanges(changes: readonly Change[], paint: Paint): string {
  const columns: Column<Change>[] = [
    {
      title: '',
      cell: ({ action }) => ({ text: MARKS[action].mark, colour: MARKS[action].colour }),
    },
    { title: 'MONITOR', cell: ({ id }) => id },
    { title: 'CHANGE', cell: ({ action }) => ({ text: action, colour: MARKS[action].colour }) },
  ];
  return renderTable(changes, columns, paint);
}

/** `2 to create, 1 unchanged`, or `2 created, 1 unchanged` once it is done. */
export function summarise(changes: readonly Change[], isDone: boolean): string {
  const count = (action: Change['action']) => changes.filter((c) => c.action === action).length;
  const parts = [
    [count('create'), isDone ? 'created' : 'to create'],
    [count('update'), isDone ? 'updated' : 'to update'],
    [count('unchanged'), 'unchanged'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return said.length === 0 ? 'no monitors' : said.join(', ');
}
