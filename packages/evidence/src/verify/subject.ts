/** What the records are about: the check definitions in the file, by their digests. */
import { targetOf, type CheckDefinition } from '@trustmonitor/protocol';
import { checkDigest } from '../digest.ts';
import { CheckFailed, checked, type Checked } from './report.ts';
import { countOf, type VerifiedRecord, type VerifiedRecords } from './records.ts';

/** The check that a record is about. */
export interface Subject {
  /** What every vote of the record must name. */
  readonly digest: string;
  readonly definition: CheckDefinition;
}

/** The subject of each record; a monitor that was edited during an incident has several. */
export type Subjects = ReadonlyMap<VerifiedRecord, Subject>;

/** Each definition in the file is one that a record names, in that order, and none is missing. */
export function checkSubject(
  records: VerifiedRecords,
  definitions: readonly CheckDefinition[],
): Checked<Subjects> {
  const known = new Map(
    definitions.map((definition) => {
      const digest = checkDigest(definition);
      return [digest, { digest, definition }];
    }),
  );
  const subjects = new Map(records.map((record) => [record, subjectOf(record, known)]));
  const named = [...new Set([...subjects.values()].map(({ digest }) => digest))];
  const there = definitions.map((definition) => checkDigest(definition));
  if (there.length !== named.length || there.some((digest, at) => digest !== named[at])) {
    throw new CheckFailed('the definitions in the file are not those that the records name');
  }
  const [first] = subjects.values();
  return checked(
    subjects,
    named.length === 1 && first !== undefined
      ? `${targetOf(first.definition)}, check ${first.digest}`
      : `${countOf(named.length, 'check definition')}, each named by its records`,
  );
}

function subjectOf({ statement }: VerifiedRecord, known: ReadonlyMap<string, Subject>): Subject {
  const [named] = statement.subject;
  const digest = named?.digest.sha256 ?? '-';
  const subject = known.get(digest);
  if (subject === undefined) {
    throw new CheckFailed(`a record is about check ${digest}, which is not in the file`);
  }
  const target = targetOf(subject.definition);
  if (named?.name !== target) {
    throw new CheckFailed(
      `a record names its subject ${named?.name ?? '-'}; the check's is ${target}`,
    );
  }
  return subject;
}

/** Every record has been given its subject before anything asks for it. */
export function requireSubject(subjects: Subjects, record: VerifiedRecord): Subject {
  const subject = subjects.get(record);
  if (subject === undefined) throw new CheckFailed('a record has no subject');
  return subject;
}
