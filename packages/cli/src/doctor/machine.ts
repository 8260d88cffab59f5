/** What can be seen on this machine, also when nothing answers. */
import { access, statfs } from 'node:fs/promises';
import type { Replica } from '../api/replicas.ts';
import { megabytes } from '../output/words.ts';
import type { StackPaths } from '../stack/paths.ts';
import { identityOf } from '../stack/process-identity.ts';
import { readStackFile, type StackDescription } from '../stack/stack-file.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const OLDEST_NODE = [20, 19] as const;
const DISK_WARN_BYTES = 2 * 1024 ** 3;
const DISK_FAIL_BYTES = 256 * 1024 ** 2;

/** `replicas` as they answer now. */
export async function examineMachine(
  paths: StackPaths,
  replicas: readonly Replica[],
): Promise<Finding[]> {
  const stack = await readStackFile(paths);
  const findings = [nodeFinding(process.versions.node)];
  if (!(await exists(paths.root))) return findings;
  findings.push(await diskFinding(paths.root));
  if (stack === null) return findings;
  return [...findings, await processFinding(stack), ...replicas.flatMap(replicaFindings)];
}

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldest, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldest || (major === oldest && minor < oldestMinor);
  return isOld
    ? fail('node', `this command runs on ${version}`, 'install Node 20.19 or newer')
    : ok('node', `this command runs on ${version}`);
}

async function diskFinding(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const seen = `${megabytes(free)} free for ${folder}`;
  const advice = 'make room: without any, PostgreSQL stops and agents cannot keep their results';
  if (free < DISK_FAIL_BYTES) return fail('disk', seen, advice);
  return free < DISK_WARN_BYTES ? warn('disk', seen, advice) : ok('disk', seen);
}

/** That a process lives says little, that it does not says all. */
async function processFinding({ pids }: StackDescription): Promise<Finding> {
  const names = Object.keys(pids);
  const alive = await Promise.all(Object.values(pids).map((pid) => identityOf(pid)));
  const dead = names.filter((_, i) => alive[i] === null);
  return dead.length === 0
    ? ok('processes', `all ${names.length} of this stack run`)
    : fail(
        'processes',
        `not running: ${dead.join(', ')}`,
        'see logs/ in the data folder; `trustmonitor up` starts what is missing',
      );
}

/** Only what is wrong: of the others the API tells. */
function replicaFindings({ url, ready, detail }: Replica): Finding[] {
  if (ready) return [];
  const advice = 'see its log in logs/ of the data folder; other coordinators have its share';
  return [fail(`coordinator ${url}`, detail, advice)];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
