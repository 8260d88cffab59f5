export {
  createTestDatabase,
  testNats,
  testNatsBinary,
  testPostgres,
  type DatabaseTemplate,
  type TestDatabase,
  type TestServer,
} from './servers/index.ts';
