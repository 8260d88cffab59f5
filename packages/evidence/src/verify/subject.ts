/** What the records are about: the check definition in the file, by its digest. */
import { targetOf, type CheckDefinition } from '@trustmonitor/protocol';
import { checkDigest } from '../digest.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import type { VerifiedRecords } from './records.ts';

/** The digest that every vote must name. */
export function checkSubject(
  records: VerifiedRecords,
  definition: CheckDefinition,
): Checked<string> {
  const digest = checkDigest(definition);
  const name = targetOf(definition);
  for (const { statement } of records) {
    const [subject] = statement.subject;
    if (subject?.digest.sha256 !== digest) {
      throw new CheckFailed(
        `a record is about check ${subject?.digest.sha256 ?? '-'}, not ${digest}`,
      );
    }
    if (subject.name !== name) {
      throw new CheckFailed(`a record names its subject ${subject.name}; the check's is ${name}`);
    }
  }
  return checked(digest, `${name}, check ${digest}`);
}
