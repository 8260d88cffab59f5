import { readFileSync } from 'node:fs';

/** This package's version, as `/v1/system` reports it. */
export const COORDINATOR_VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;
