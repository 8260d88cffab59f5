/** Texts as regular expressions (RE2), and as string literals of assertions. */

export function quoted(text: string): string {
  return JSON.stringify(text);
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** `*` stands for any run of characters. */
export function regExpOfGlob(glob: string): string {
  return `(?s)^${glob.split('*').map(escapeRegExp).join('.*')}$`;
}

/** The text between two stars with none inside; null for any other pattern. */
export function containedIn(glob: string): string | null {
  return /^\*([^*]+)\*$/.exec(glob)?.[1] ?? null;
}
