/** Text within the bounds that receivers set. */
import { factsWithin, type Story } from './facts.ts';

/** At most `limit` UTF-16 units; what is cut off is marked, and no character is cut in two. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** A URL that ends no link it stands in, whatever the format. */
export function plainUrl(url: string): string {
  return new URL(url).href.replace(
    /[<>|()"`\\]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The whole story as lines of plain text, for formats that have no markup. */
export function linesOf(story: Story): string[] {
  const { links, command } = story;
  return [
    ...factsWithin(story).map(({ label, value }) => `${label}: ${oneLine(value)}`),
    ...links.map(({ label, url }) => `${label}: ${plainUrl(url)}`),
    ...(command === null ? [] : [`Verify: ${command}`]),
  ];
}

/** Without line breaks and other control characters, so that a name cannot pretend to be a fact. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}
