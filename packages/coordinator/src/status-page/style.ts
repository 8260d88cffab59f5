/** The one style sheet of a page: light and dark, phone and desk. */
import type { StatusPage } from '@trustmonitor/protocol';
import { READABLE, VISIBLE, contrastOf, mixed } from './colours.ts';

const DEFAULT_ACCENT = '#1a5fb4';

interface Ground {
  readonly bg: string;
  readonly fg: string;
  readonly dim: string;
  readonly line: string;
  readonly none: string;
}

type States = Readonly<Record<'ok' | 'degraded' | 'partial' | 'down' | 'maintenance', string>>;

interface Scheme {
  readonly ground: Ground;
  readonly states: States;
}

const LIGHT: Scheme = {
  ground: { bg: '#ffffff', fg: '#1b1f24', dim: '#57606a', line: '#d0d7de', none: '#e5e8eb' },
  states: {
    ...{ ok: '#2e7d32', degraded: '#a06a00', partial: '#b85c00', down: '#c62828' },
    maintenance: '#1565c0',
  },
};

const DARK: Scheme = {
  ground: { bg: '#0d1117', fg: '#e6edf3', dim: '#9aa4ae', line: '#30363d', none: '#2a3038' },
  states: {
    ...{ ok: '#56b35c', degraded: '#d9a03c', partial: '#e38b3f', down: '#ff7b72' },
    maintenance: '#79b8ff',
  },
};

export function styleSheet({
  accent,
  colours = {},
}: Pick<StatusPage, 'accent' | 'colours'>): string {
  const light = variables(LIGHT, colours.light, accent ?? DEFAULT_ACCENT);
  const dark = variables(DARK, colours.dark, accent ?? DEFAULT_ACCENT);
  return `:root{${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
${RULES}`;
}

/**
 * What a page brings along decides what else can be told apart on it: a colour that could not be read on
 * the background gives way to the colour of the text.
 */
function variables(
  scheme: Scheme,
  own: NonNullable<StatusPage['colours']>['light'],
  accent: string,
): string {
  const ground = own === undefined ? scheme.ground : groundOf(own.background, own.text);
  const { bg, fg } = ground;
  const orText = (colour: string, least: number): string =>
    contrastOf(colour, bg) >= least ? colour : fg;
  const states = Object.entries(scheme.states).flatMap(([name, colour]) => [
    [name, orText(colour, VISIBLE)],
    [`on-${name}`, orText(colour, READABLE)],
  ]);
  const all = [['accent', accent], ['link', orText(accent, READABLE)], ...Object.entries(ground)];
  return [...all, ...states].map(([name, colour]) => `--${name}:${colour}`).join(';');
}

function groundOf(bg: string, fg: string): Ground {
  const dim = mixed(fg, bg, 0.25);
  return {
    ...{ bg, fg, line: mixed(bg, fg, 0.2), none: mixed(bg, fg, 0.12) },
    dim: contrastOf(dim, bg) >= READABLE ? dim : fg,
  };
}

const RULES = `*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;border-top:4px solid var(--accent)}
header,main,footer{max-width:52rem;margin:0 auto;padding:1rem}
header img{max-width:50%;object-fit:contain}
header a{display:flex;align-items:center;gap:.75rem;color:inherit;text-decoration:none}
a{color:var(--link);text-decoration-color:var(--accent)}
h1{margin:0;font-size:1.4rem}
h3{font-size:1rem;margin:1rem 0 .25rem}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
ul,ol{list-style:none;margin:0;padding:0}
li{padding:.75rem 0;border-top:1px solid var(--line)}
.components div{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap}
svg[role=img]{display:block;width:100%;height:28px;margin:.4rem 0 .2rem}
#gaps{fill:none;stroke:var(--bg);stroke-width:.25;pointer-events:none}
.axis{display:flex;justify-content:space-between;color:var(--dim);font-size:.8rem;margin:0}
small,.as-of,footer{color:var(--dim);font-size:.85rem;overflow-wrap:anywhere}
.now{font-size:1.25rem;font-weight:700;padding:1rem;border:2px solid currentcolor;border-radius:.5rem}
section:first-child h2{margin-top:0}
.note{margin:.25rem 0 0;white-space:pre-line;overflow-wrap:anywhere}
pre{overflow-x:auto;padding:.75rem;border:1px solid var(--line)}
.s-operational{color:var(--on-ok)}.s-degraded{color:var(--on-degraded)}.s-partial{color:var(--on-partial)}.s-down{color:var(--on-down)}.s-maintenance{color:var(--on-maintenance)}.s-unknown{color:var(--dim)}
rect{fill:var(--ok)}.degraded{fill:var(--degraded)}.partial{fill:var(--partial)}.down{fill:var(--down)}.none{fill:var(--none)}
`;
