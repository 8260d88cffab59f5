/** A job's own words about its failure -> one bounded line that can be signed and shown. */

const MAX_CHARACTERS = 200;

/** Null when nothing is left. Control characters, which could forge lines or colours, become blanks. */
export function cleanMessage(text: string): string | null {
  const line = text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  if (line === '') return null;
  const characters = Array.from(line);
  if (characters.length <= MAX_CHARACTERS) return line;
  return `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}
