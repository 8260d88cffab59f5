/** What a network told this agent when it joined: `agent.json` in its data folder. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeUtf8 } from '@trustmonitor/evidence';
import { JoinedResource, Strict, TrustMonitorError, parserOf } from '@trustmonitor/protocol';
import type { Static } from 'typebox';
import { ensureFolder, unwritable } from '../data-directory.ts';
import { syncFolder, writeWhole } from '../spool/disk.ts';

const { network, agent, region, natsUrl, apiUrl, logVkey } = JoinedResource.properties;
const Joined = Strict({ network, agent, region, natsUrl, apiUrl, logVkey });
export type Joined = Static<typeof Joined>;

const parser = parserOf(Joined, 'config.invalid');

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'agent.json');

/** Null for an agent that is told everything by its environment. Throws `config.invalid`. */
export async function readJoined(dataDirectory: string): Promise<Joined | null> {
  const file = fileIn(dataDirectory);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw unwritable(file, `${file} cannot be read`, error);
  }
  try {
    return parser.parseJson(text, file);
  } catch (cause) {
    throw new TrustMonitorError('config.invalid', `${file} is damaged`, {
      where: file,
      hint: 'Restore it from a backup, or join again with a new token that names this agent.',
      cause,
    });
  }
}

/** Durable when it resolves. Throws `data.unwritable`. */
export async function writeJoined(dataDirectory: string, joined: Joined): Promise<void> {
  const file = fileIn(dataDirectory);
  await ensureFolder(dirname(file));
  try {
    await writeWhole(file, encodeUtf8(`${JSON.stringify(joined, null, 2)}\n`));
    await syncFolder(dirname(file));
  } catch (cause) {
    throw unwritable(file, `${file} cannot be written`, cause);
  }
}

/** The same as settings: what the environment says comes before it. */
export function settingsOf(joined: Joined | null): Readonly<Record<string, string>> {
  if (joined === null) return {};
  return {
    TM_NETWORK: joined.network,
    TM_AGENT: joined.agent,
    TM_REGION: joined.region,
    TM_NATS_URL: joined.natsUrl,
    TM_API_URL: joined.apiUrl,
    TM_LOG_VKEY: joined.logVkey ?? '',
  };
}
