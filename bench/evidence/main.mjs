// What evidence costs: batches, bundles, the verifier as a command, and the log.
//
//     npm run build && npm run bench:evidence -- [--leaves 1000000] [--runs 21]
//
// docs/benchmarks/evidence.md has the figures and what they mean.
import os from 'node:os';
import { parseArgs } from 'node:util';
import { measureBatches } from './batches.mjs';
import { measureBundle } from './bundle.mjs';
import { measureLog } from './log.mjs';

const { values: options } = parseArgs({
  options: {
    leaves: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '21' },
  },
});

console.log(`${os.cpus().length} x ${os.cpus()[0]?.model}, Node ${process.version}`);
measureBatches();
measureBundle(Number(options.runs));
await measureLog(Number(options.leaves));
