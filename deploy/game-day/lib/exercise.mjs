// An exercise: healthy before, broken on purpose, seen as it should be, mended, healthy after.
import { setTimeout as pause } from 'node:timers/promises';
import { CannotBegin, openNetwork } from './network.mjs';
import { readOptions } from './options.mjs';

const POLL_MS = 500;

/** What should have been seen, and was not. */
class NotSeen extends Error {}

/**
 * Runs one exercise and ends the process: with 0, 1 (something was not seen), 2 (it could not begin), or
 * 128 + n after a signal.
 * @param {string} usage its title in the first line, then what it does
 * @param {(exercise: Exercise) => Promise<void>} body
 */
export async function runExercise(usage, body) {
  const options = readOptions(usage);
  const undo = [];
  const mendAll = async () => {
    let notMended = 0;
    for (const step of undo.splice(0).reverse()) {
      await Promise.resolve()
        .then(step)
        .catch((error) => {
          notMended += 1;
          say(`NOT MENDED: ${error.message}`);
        });
    }
    return notMended;
  };
  /** Once a signal has come: never settles, and the process ends with it. */
  let stopping = null;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => {
      say(`${signal}: mending`);
      stopping ??= mendAll().then(() => process.exit(code));
    });
  }
  const unlessStopping = () => stopping ?? Promise.resolve();
  try {
    say(usage.split('\n')[0]);
    const network = openNetwork(options);
    const exercise = exerciseOf(network, options, { undo, unlessStopping });
    await begin(exercise);
    await body(exercise);
    await unlessStopping();
    if ((await mendAll()) > 0) throw new Error('something is left over, as said above');
    await exercise.isHealthy('afterwards');
    say('everything was seen');
  } catch (error) {
    await unlessStopping();
    await mendAll();
    say(
      error instanceof CannotBegin ? `cannot begin: ${error.message}` : `FAILED: ${error.message}`,
    );
    process.exit(error instanceof CannotBegin ? 2 : 1);
  }
  await unlessStopping();
  process.exit(0);
}

async function begin({ isHealthy, options }) {
  try {
    await isHealthy('before', 5 / options.patience);
  } catch (error) {
    throw new CannotBegin(`${error.message}. An exercise begins with a network that is well`);
  }
}

/**
 * @typedef {ReturnType<typeof exerciseOf>} Exercise
 */
function exerciseOf(network, options, { undo, unlessStopping }) {
  const { get, monitor } = network;
  const began = new Date().toISOString();
  const incidents = async (state) =>
    (await get(`/v1/incidents?monitor=${monitor}&from=${began}&limit=50`)).data.filter(
      (incident) => state === undefined || incident.state === state,
    );
  const noticesOpen = async () => (await get('/v1/notices?state=open')).data;

  /** Waits until `look` returns something; says after how long it was seen. */
  async function see(what, withinS, look) {
    const start = performance.now();
    let last = '';
    for (;;) {
      const found = await Promise.resolve(look()).catch(
        (error) => void (last = `: ${error.message}`),
      );
      const seconds = (performance.now() - start) / 1_000;
      if (found) {
        say(`  seen after ${seconds.toFixed(1).padStart(5)} s  ${what}`);
        return found;
      }
      if (seconds > withinS * options.patience) {
        throw new NotSeen(`not seen within ${withinS * options.patience} s: ${what}${last}`);
      }
      await pause(POLL_MS);
    }
  }

  /** What has to be true now, and not only some time. */
  async function holds(what, look) {
    let why = '';
    const isTrue = await Promise.resolve(look()).catch(
      (error) => void (why = `: ${error.message}`),
    );
    if (!isTrue) throw new NotSeen(`it should hold, and does not: ${what}${why}`);
    say(`  holds               ${what}`);
  }

  return {
    ...network,
    ...{ options, say, see, holds, incidents, noticesOpen },
    /** Breaks something; the returned function mends it, and so does the end of the exercise. */
    async breaks(fault) {
      await unlessStopping();
      let isBroken = true;
      const mend = async () => {
        if (!isBroken) return;
        isBroken = false;
        await fault.mend();
        say(`mended: ${fault.what}`);
      };
      undo.push(mend);
      say(`broken: ${fault.what}`);
      await fault.break();
      return mend;
    },
    /** Something else to be done at the end, whatever happens. */
    atTheEnd: async (step) => {
      await unlessStopping();
      undo.push(step);
    },
    isHealthy: (when, withinS = 180) =>
      see(`${when}: ready, no notice, ${monitor} up, nothing open`, withinS, async () => {
        const { status } = await get('/readyz');
        const { verdict } = await get(`/v1/monitors/${monitor}`);
        const open = (await get(`/v1/incidents?monitor=${monitor}&state=open`)).data;
        const isWell = status === 'ok' && verdict === 'up' && open.length === 0;
        return isWell && (await noticesOpen()).length === 0;
      }),
  };
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
