/** The one style sheet of a page: light and dark, phone and desk. */

const DEFAULT_ACCENT = '#1a5fb4';

export function styleSheet(accent: string = DEFAULT_ACCENT): string {
  return `:root{--accent:${accent};--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--ok:#2e7d32;--degraded:#a06a00;--partial:#b85c00;--down:#c62828;--maintenance:#1565c0;--none:#e5e8eb}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--dim:#9aa4ae;--line:#30363d;--ok:#56b35c;--degraded:#d9a03c;--partial:#e38b3f;--down:#ff7b72;--maintenance:#79b8ff;--none:#2a3038}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;border-top:4px solid var(--accent)}
header,main,footer{max-width:52rem;margin:0 auto;padding:1rem}
header a{display:flex;align-items:center;gap:.75rem;color:inherit;text-decoration:none}
a{color:var(--accent)}
@media (prefers-color-scheme:dark){main a,footer a{color:inherit;text-decoration-color:var(--accent)}}
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
.s-operational{color:var(--ok)}.s-degraded{color:var(--degraded)}.s-partial{color:var(--partial)}.s-down{color:var(--down)}.s-maintenance{color:var(--maintenance)}.s-unknown{color:var(--dim)}
rect{fill:var(--ok)}.degraded{fill:var(--degraded)}.partial{fill:var(--partial)}.down{fill:var(--down)}.none{fill:var(--none)}
`;
}
