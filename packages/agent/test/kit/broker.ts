/** The broker of a test's network, which lets in whom it is told to. */
import type { NatsUser } from '@trustmonitor/servers';
import { startTestBroker, type TestBroker as Broker } from '@trustmonitor/testkit';

export interface TestBroker extends Omit<Broker, 'reload'> {
  /** Lets another client in. */
  admit(user: NatsUser): Promise<void>;
}

export async function startBroker(users: NatsUser[]): Promise<TestBroker> {
  const broker = await startTestBroker({ users });
  return {
    ...broker,
    async admit(user) {
      users.push(user);
      await broker.reload({ users });
    },
  };
}
