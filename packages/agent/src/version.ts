import { readFileSync } from 'node:fs';

/** This package's version, as the heartbeat reports it. */
export const AGENT_VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;
