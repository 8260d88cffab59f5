/** The PostgreSQL of this test run. */
export interface TestServer {
  /** Superuser's URL, for the database `postgres` (or the one given by the user). */
  readonly url: string;
  /** Prefix of the names of all databases that this run makes. */
  readonly runId: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    testPostgres: TestServer;
  }
}
