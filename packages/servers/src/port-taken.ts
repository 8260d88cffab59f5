import { TrustMonitorError } from '@trustmonitor/protocol';

/** The error for a port that somebody else has. */
export function portTaken(port: number, server: string): TrustMonitorError {
  return new TrustMonitorError('port.taken', `${server} cannot have port ${port}: it is in use`, {
    where: `127.0.0.1:${port}`,
    hint: 'choose another port, give none to get a free one, or stop what uses it',
  });
}
