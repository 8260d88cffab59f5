/** Names of rounds: the time of birth, and chance. */
import { makeUuid7, type Uuid7 } from '@trustmonitor/protocol';

export function newRoundId(atMs: number): Uuid7 {
  return makeUuid7(atMs, crypto.getRandomValues(new Uint8Array(10)));
}
