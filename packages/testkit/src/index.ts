export {
  createTestDatabase,
  startTestBroker,
  testNats,
  testNatsBinary,
  testPostgres,
  type DatabaseTemplate,
  type TestBroker,
  type TestDatabase,
  type TestServer,
} from './servers/index.ts';
