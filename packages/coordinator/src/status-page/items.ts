/** Incidents and maintenance as entries of a list, on more than one page. */
import { markup, type Markup } from './markup.ts';
import type { IncidentView, MaintenanceView, State } from './view.ts';
import { STATE_SIGNS, incidentTitle, spanWords, timeWords } from './words.ts';

const MOST_NOTE_CHARACTERS = 300;

/** Of one that is open, with what was said last. */
export function incidentItem(incident: IncidentView, nowMs: number): Markup {
  const isOpen = incident.resolvedAtMs === null;
  const state = isOpen ? incident.kind : 'operational';
  const said = isOpen ? incident.notes.at(-1)?.note : undefined;
  const note = said === undefined ? null : markup`<p class="note">${shortened(said)}</p>`;
  return markup`<li><span class="s-${state}">${sign(state)}</span> <a href="incidents/${incident.id}.html"><b>${incidentTitle(incident)}</b></a><br>${spanWords(incident, nowMs)}. <a href="incidents/${incident.id}.html#verify">Verify this incident</a>${note}</li>`;
}

/** What is over says from when to when; what goes on, until when. */
export function maintenanceItem(one: MaintenanceView): Markup {
  const { fromMs, untilMs, reason, stage, components } = one;
  const when = stage === 'in_progress' ? 'Now, until' : `${timeWords(fromMs)} to`;
  const title = stage === 'completed' ? `Maintenance: ${reason}` : reason;
  return markup`<li><span class="s-maintenance">${sign('maintenance')}</span> <b>${title}</b><br>${when} ${timeWords(untilMs)}: ${components.join(', ')}</li>`;
}

export function sign(state: State): Markup {
  return markup`<span aria-hidden="true">${STATE_SIGNS[state]}</span>`;
}

function shortened(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= MOST_NOTE_CHARACTERS) return text;
  return `${characters.slice(0, MOST_NOTE_CHARACTERS - 1).join('')}…`;
}
