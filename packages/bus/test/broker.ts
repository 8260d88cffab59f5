/** The broker of one test file, which it can kill and bring back. */
import type { NatsConfig } from '@trustmonitor/servers';
import { startTestBroker, type TestBroker } from '@trustmonitor/testkit';
import { afterAll } from 'vitest';

/** Call it at the top of a test file; the broker is stopped when the file is done. */
export async function testBroker(config: NatsConfig): Promise<TestBroker> {
  let broker: TestBroker | undefined;
  afterAll(() => broker?.stop());
  broker = await startTestBroker(config);
  return broker;
}
