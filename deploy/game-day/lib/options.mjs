// What every exercise is told on its command line.
import { parseArgs } from 'node:util';

const OPTIONS = {
  data: { type: 'string', default: process.env.TM_DATA_DIR || '.trustmonitor' },
  url: { type: 'string', default: process.env.TM_URL || undefined },
  'token-file': { type: 'string', default: process.env.TM_TOKEN_FILE || undefined },
  monitor: { type: 'string' },
  region: { type: 'string' },
  break: { type: 'string' },
  mend: { type: 'string' },
  patience: { type: 'string', default: '1' },
  brief: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

const COMMON = `
  --data DIR         data folder of the local stack (.trustmonitor): its processes are the ones that are
                     broken. Not needed with --url.
  --url URL          another network's API, with --token-file FILE
  --break CMD        how to break it there, as a shell command, and
  --mend CMD         how to mend it: docker compose pause agent-eu-west-1, for one
  --monitor ID       the monitor that is looked at (demo-shop)
  --patience N       how many times as long as usual to wait for what should be seen (1)

It ends with 0 when everything was seen, with 1 when something was not, with 2 when it could not begin.
Whatever happens, what it broke is mended: at the end, on Ctrl-C, and on SIGTERM.`;

/**
 * Ends the process for --help (0) and for what is no option (2).
 * @param {string} usage what this exercise does, and its own options
 */
export function readOptions(usage) {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (values.help) {
      process.stdout.write(`${usage}\n${COMMON}\n`);
      process.exit(0);
    }
    const patience = Number(values.patience);
    if (!(patience > 0)) throw new Error('--patience must be a number above 0');
    if ((values.break === undefined) !== (values.mend === undefined)) {
      throw new Error('--break and --mend go together: what is broken must be mended');
    }
    if (values.url !== undefined && values.break === undefined) {
      throw new Error(
        '--url is another network: say how to --break it there, and how to --mend it',
      );
    }
    return { ...values, patience };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage}\n${COMMON}\n`);
    process.exit(2);
  }
}
