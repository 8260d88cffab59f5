/** What a set of assertions needs from a probe. */
import type { Assertion } from '@trustmonitor/protocol';

const ABOUT_CONTENT: ReadonlySet<Assertion['subject']> = new Set(['body', 'json', 'jsonSchema']);

/** Whether the content itself must be kept, and not only its size and digest. */
export function needsContent(assertions: readonly Assertion[]): boolean {
  return assertions.some(({ subject }) => ABOUT_CONTENT.has(subject));
}
