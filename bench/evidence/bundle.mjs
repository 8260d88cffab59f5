// Verifying one bundle: inside a process that is warm, and as a command from nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { nobleVerifier, verifyBundle } from '@trustmonitor/evidence';
import { nodeVerifier } from '@trustmonitor/evidence/node';
import { printTable, quantile, time } from './measure.mjs';
import { fiveAgentBundle, rootFile } from './network.mjs';

const COMMAND = new URL('../../packages/cli/bin/trustmonitor.js', import.meta.url).pathname;
const ALONE = new URL('../../packages/cli/dist/verifier/bin.js', import.meta.url).pathname;

export function measureBundle(runs) {
  const bundle = fiveAgentBundle();
  const verify = (verifier) => () => {
    const { passed, checks } = verifyBundle(bundle, rootFile, { verifier });
    if (!passed) throw new Error(JSON.stringify(checks.at(-1)));
  };
  const row = (name, verifier) => [name, (time(verify(verifier), 2_000) / 1_000).toFixed(2)];
  const zipped = gzipSync(bundle).length;
  printTable(
    `Verifying a 5-agent bundle of 10 votes (${bundle.length} bytes, ${zipped} compressed), in process`,
    ['back end', 'CPU ms'],
    [row('node:crypto', nodeVerifier), row('portable', nobleVerifier)],
  );
  measureCommands(bundle, runs);
}

function measureCommands(bundle, runs) {
  const folder = mkdtempSync(join(tmpdir(), 'tm-bench-'));
  try {
    const [file, root] = [join(folder, 'bundle.json'), join(folder, 'root.json')];
    writeFileSync(file, bundle);
    writeFileSync(root, JSON.stringify(rootFile));
    const commands = [
      ['node -e 0', ['-e', '0']],
      ['trustmonitor verify', [COMMAND, 'verify', file, '--root', root]],
      ['trustmonitor-verify', [ALONE, file, '--root', root]],
    ];
    const [empty, ...rest] = inTurns(commands, runs);
    printTable(
      `The whole command: medians by the clock of ${runs} runs, in turns, and CPU`,
      ['command', 'ms', 'ms of its own', 'CPU ms', 'CPU ms of its own'],
      [empty, ...rest].map(({ name, ms, cpuMs }) => [
        name,
        ms.toFixed(0),
        (ms - empty.ms).toFixed(0),
        cpuMs.toFixed(0),
        (cpuMs - empty.cpuMs).toFixed(0),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In turns, so that a busy machine is unfair to all alike. */
function inTurns(commands, runs) {
  const taken = commands.map(([name]) => ({ name, times: [], cpuMs: 0 }));
  for (let run = 0; run < runs; run++) {
    for (const [at, [, args]] of commands.entries()) {
      const cpuBefore = childrenCpuMs();
      const from = process.hrtime.bigint();
      const { status, stderr } = spawnSync(process.execPath, args);
      if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
      taken[at].times.push(Number(process.hrtime.bigint() - from) / 1e6);
      taken[at].cpuMs += (childrenCpuMs() - cpuBefore) / runs;
    }
  }
  return taken.map(({ name, times, cpuMs }) => ({
    name,
    ms: quantile(
      times.toSorted((a, b) => a - b),
      0.5,
    ),
    cpuMs,
  }));
}

/** CPU of all children that have ended: cutime and cstime of proc(5), in ticks of 10 ms. */
function childrenCpuMs() {
  if (process.platform !== 'linux') return Number.NaN;
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}
