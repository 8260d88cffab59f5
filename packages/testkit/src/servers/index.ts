export type { TestServer } from './provided.ts';
export type { DatabaseTemplate } from './template.ts';
export { createTestDatabase, testPostgres, type TestDatabase } from './test-database.ts';
export { startTestBroker, type TestBroker } from './test-broker.ts';
export { testNats, testNatsBinary } from './test-nats.ts';
