/** How a process says that one of its settings is not right. */
import { TrustMonitorError } from '@trustmonitor/protocol';

export function invalid(name: string, what: string, cause?: unknown): TrustMonitorError {
  return new TrustMonitorError('config.invalid', `${name} ${what}`, {
    where: name,
    hint: 'See docs/configuration.md for every setting.',
    cause,
  });
}
