/** Builds elements. Text only ever becomes text: what is shown here may be hostile. */

type Attributes = Readonly<Record<string, string>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The element of this id, which the page has. */
export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}

export type Mark = 'pass' | 'fail' | 'skip' | 'warn';

const SVG = 'http://www.w3.org/2000/svg';

/** Shapes that differ without their colours: a round tick, a square cross, a hollow ring, a triangle. */
const SHAPES: Readonly<Record<Mark, readonly [tag: string, attributes: Attributes][]>> = {
  pass: [
    ['circle', { cx: '12', cy: '12', r: '11', fill: 'currentColor' }],
    ['path', { d: 'M6.5 12.5l3.7 3.7 7.3-8', class: 'cut' }],
  ],
  fail: [
    ['rect', { x: '1', y: '1', width: '22', height: '22', rx: '3', fill: 'currentColor' }],
    ['path', { d: 'M7 7l10 10M17 7L7 17', class: 'cut' }],
  ],
  skip: [
    [
      'circle',
      {
        cx: '12',
        cy: '12',
        r: '9',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': '2',
        'stroke-dasharray': '3 3',
      },
    ],
  ],
  warn: [
    ['path', { d: 'M12 1.5L23.5 22.5H.5z', fill: 'currentColor' }],
    ['path', { d: 'M12 9v6M12 18v1', class: 'cut' }],
  ],
};

export function markOf(mark: Mark): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'mark');
  svg.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of SHAPES[mark]) {
    const shape = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    svg.append(shape);
  }
  return svg;
}

export const heading = (text: string): Node => element('h3', {}, text);

export function definitions(pairs: readonly (readonly [string, string])[]): Node {
  const rows = pairs.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]);
  return element('dl', {}, ...rows);
}
