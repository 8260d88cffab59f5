/** Whether one colour can be read on another, as WCAG 2.2 counts it, and colours in between. All are `#rrggbb`. */

/** For text that is not large (1.4.3), and for shapes that mean something (1.4.11). */
export const READABLE = 4.5;
export const VISIBLE = 3;

/** From 1 (the same) to 21 (black on white). */
export function contrastOf(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminanceOf(a), luminanceOf(b)].toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

/** `share` of the second in the first. */
export function mixed(a: string, b: string, share: number): string {
  const others = channelsOf(b);
  const channels = channelsOf(a).map((x, i) => Math.round(x + ((others[i] ?? 0) - x) * share));
  return `#${channels.map((x) => x.toString(16).padStart(2, '0')).join('')}`;
}

const channelsOf = (colour: string): number[] =>
  [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));

function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
