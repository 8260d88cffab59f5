/** Badges: a picture of two words, and the same for shields.io (its endpoint schema, version 1). */
import { markup } from './markup.ts';
import type { State } from './view.ts';

const COLOURS: Readonly<Record<State, string>> = {
  operational: '#2e7d32',
  degraded: '#a06a00',
  partial: '#b85c00',
  down: '#c62828',
  maintenance: '#1565c0',
  unknown: '#616161',
};

const MESSAGES: Readonly<Record<State, string>> = {
  operational: 'up',
  degraded: 'degraded',
  partial: 'partly down',
  down: 'down',
  maintenance: 'maintenance',
  unknown: 'not known',
};

const CHARACTER = 7;
const PADDING = 10;
const LONGEST_LABEL = 40;

export function badge(label: string, state: State): string {
  const left = Array.from(label).slice(0, LONGEST_LABEL).join('');
  const right = MESSAGES[state];
  const [a, b] = [widthOf(left), widthOf(right)];
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${a + b}" height="20" role="img" aria-label="${left}: ${right}"><title>${left}: ${right}</title><rect width="${a}" height="20" fill="#444"/><rect x="${a}" width="${b}" height="20" fill="${COLOURS[state]}"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="${a / 2}" y="14">${left}</text><text x="${a + b / 2}" y="14">${right}</text></g></svg>
`.text;
}

const widthOf = (text: string): number => Array.from(text).length * CHARACTER + PADDING;

export function shield(label: string, state: State): object {
  return { schemaVersion: 1, label, message: MESSAGES[state], color: COLOURS[state] };
}
