/** A position in an assertion's text, and the small steps the grammar is made of. */
import { TrustMonitorError } from './errors.ts';

const MAX_EXCERPT = 24;

export class Cursor {
  private position = 0;
  /** Where the last token began: errors about its meaning point there. */
  private tokenStart = 0;
  private readonly text: string;
  private readonly where: string | undefined;

  constructor(text: string, where: string | undefined) {
    this.text = text;
    this.where = where;
  }

  /** What `pattern` (sticky) matches after white space, without taking it. */
  peekMatch(pattern: RegExp): string | null {
    this.skipSpace();
    pattern.lastIndex = this.position;
    return pattern.exec(this.text)?.[0] ?? null;
  }

  skip(token: string): void {
    this.skipSpace();
    this.tokenStart = this.position;
    this.position += token.length;
  }

  /** Takes what `pattern` (sticky) matches; with `quotable`, also between quotes. */
  take(pattern: RegExp, expected: string, options: { quotable?: boolean } = {}): string {
    if (options.quotable === true && this.peekMatch(/["']/y) !== null) {
      const text = this.string();
      pattern.lastIndex = 0;
      if (pattern.exec(text)?.[0] !== text) throw this.expected(expected, text);
      return text;
    }
    const token = this.peekMatch(pattern);
    if (token === null) throw this.expected(expected);
    this.skip(token);
    return token;
  }

  tryWord(word: string): boolean {
    const found = this.peekMatch(/[A-Za-z]+/y) === word;
    if (found) this.skip(word);
    return found;
  }

  word(word: string): void {
    if (!this.tryWord(word)) throw this.expected(`"${word}"`);
  }

  trySymbol(symbol: string): boolean {
    this.skipSpace();
    const found = this.text.startsWith(symbol, this.position);
    if (found) this.skip(symbol);
    return found;
  }

  /** A JSON string, or the same between single quotes. */
  string(): string {
    const token = this.peekMatch(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y);
    if (token === null) throw this.expected('a string in quotes');
    this.skip(token);
    const inner = token.slice(1, -1);
    const json = token.startsWith("'")
      ? `"${inner.replaceAll("\\'", "'").replace(/(?<!\\)"/g, '\\"')}"`
      : token;
    try {
      return JSON.parse(json) as string;
    } catch {
      throw this.expected('a string with escapes as in JSON (write \\\\ for one backslash)', token);
    }
  }

  /** The text between `(` and its `)`; parentheses inside it are balanced, save in quotes. */
  argument(what: string): string {
    if (!this.trySymbol('(')) throw this.expected(`"(" and ${what}`);
    const start = this.position;
    let depth = 1;
    while (depth > 0) {
      const part = this.peekMatch(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'()\s]+|[()"']/y);
      if (part === null) throw this.expected('")"');
      this.skip(part);
      if (part === '(') depth += 1;
      if (part === ')') depth -= 1;
    }
    this.tokenStart = start;
    return this.text.slice(start, this.position - 1).trim();
  }

  end(): void {
    this.skipSpace();
    if (this.position < this.text.length) throw this.expected('the end');
  }

  /** The error that says what was expected here, or in place of the `found` token just taken. */
  expected(what: string, found?: string): TrustMonitorError {
    this.skipSpace();
    const at = found === undefined ? this.position : this.tokenStart;
    const rest = found ?? this.text.slice(at);
    const excerpt = rest.length > MAX_EXCERPT ? `${rest.slice(0, MAX_EXCERPT)}...` : rest;
    const detail =
      `column ${at + 1}: expected ${what}, ` +
      (excerpt === '' ? 'but the text ends' : `found ${JSON.stringify(excerpt)}`);
    return new TrustMonitorError('assertion.invalid', `${JSON.stringify(this.text)}: ${detail}`, {
      where: this.where,
      hint: 'For example: status < 400, latency < 800ms, body contains "ok", json($.ok) == true.',
      fields: this.where === undefined ? [] : [{ pointer: this.where, detail }],
    });
  }

  private skipSpace(): void {
    while (/\s/.test(this.text.charAt(this.position))) this.position += 1;
  }
}
