/** The broker of one test file, which it can kill and bring back. */
import type { NatsConfig } from '@trustmonitor/servers';
import { startTestBroker, type TestBroker } from '@trustmonitor/testkit';
import { afterAll } from 'vitest';

/** Call it at the top of a test file; the broker is stopped when the file is done. */
export function testBroker(config: NatsConfig): Promise<TestBroker> {
  const starting = startTestBroker(config);
  afterAll(async () => (await starting).stop());
  return starting;
}
