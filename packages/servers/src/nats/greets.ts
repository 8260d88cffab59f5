import { once } from 'node:events';
import { connect } from 'node:net';

const GREETING_LIMIT_MS = 1_000;

/** True if what listens on this loopback port greets as a NATS server does, with `INFO`. */
export async function greets(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    const signal = AbortSignal.timeout(GREETING_LIMIT_MS);
    const [greeting] = (await once(socket, 'data', { signal })) as [Buffer];
    return greeting.subarray(0, 5).toString('latin1') === 'INFO ';
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
