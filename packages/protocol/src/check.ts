/** The check definition: everything an agent needs to know to probe, and what is signed about. */
import type { Static } from 'typebox';
import { HttpCheck } from './checks/http.ts';

/** One schema per check kind, by its `type`; adding a kind is a file and a line. */
export const CheckDefinition = HttpCheck;
export type CheckDefinition = Static<typeof CheckDefinition>;
export type CheckType = CheckDefinition['type'];

/** What the check looks at, for people and for the record's subject. */
export function targetOf(check: CheckDefinition): string {
  return check.url;
}
