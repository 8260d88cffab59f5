/** Text into HTML and XML: what is put into a template is escaped, unless it is markup already. */

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** In UTF-8. */
export const bytesOf = (part: Markup): number => Buffer.byteLength(part.text);

/** The first of them that take no more than so many bytes together; the first one always. */
export function firstWithin(items: readonly Markup[], mostBytes: number): readonly Markup[] {
  let bytes = 0;
  const end = items.findIndex((item, i) => {
    bytes += bytesOf(item);
    return bytes > mostBytes && i > 0;
  });
  return end === -1 ? items : items.slice(0, end);
}

type Part = string | number | Markup | null | readonly Markup[];

/** Null stands for nothing; lists follow each other. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const text = strings.reduce((all, next, i) => all + textOf(parts[i - 1] ?? null) + next);
  return new Markup(text);
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escapeMarkup(String(part));
}

/** For element content and attributes in double quotes. */
function escapeMarkup(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // XML 1.0 has no form for these, not even an escaped one.
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
  );
}
