/** The demo target's process: `node main.js FOLDER`. Ends on SIGTERM or SIGINT. */
import { controlServer } from './control.ts';
import { listen, openShop, stop } from './shop.ts';
import { ensureSecret, readState, readTarget, writeState, writeTarget } from './target-files.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: main.js FOLDER');

const previous = await readTarget(folder);
const state = await readState(folder);
// The monitor names the target's port and other commands the control port: the old ones are best.
const shop = await near(previous?.port, (port) => openShop(port, state));
const control = controlServer({
  shop,
  secret: await ensureSecret(folder),
  remember: (next) => writeState(folder, next),
});
const controlPort = await near(previous?.controlPort, (port) => listen(control, port));
await writeTarget(folder, { pid: process.pid, port: shop.port, controlPort });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void Promise.all([shop.close(), stop(control)]));
}

/** Opens the port of the last time if it is free, and any other if it is not. */
async function near<T>(port: number | undefined, open: (port: number) => Promise<T>): Promise<T> {
  try {
    return await open(port ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return open(0);
  }
}
