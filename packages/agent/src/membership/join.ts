/** Joining a network: keys are made here and stay here, their public halves are enrolled. */
import { createHash } from 'node:crypto';
import { signWithNkey } from '@trustmonitor/bus';
import { encodeBase64, joinMessage, signJoin } from '@trustmonitor/evidence';
import { JoinedResource, parserOf } from '@trustmonitor/protocol';
import { lockDataDirectory } from '../data-directory.ts';
import { ensureKeys } from '../identity.ts';
import { post } from './api.ts';
import { writeCredential } from './credential.ts';
import { writeJoined } from './joined.ts';

const joinedParser = parserOf(JoinedResource, 'message.malformed');

export interface JoinOptions {
  /** Where the coordinator's API is. */
  readonly apiUrl: string;
  readonly token: string;
  /** The name that the agent wants. */
  readonly agent: string;
  readonly dataDirectory: string;
}

/**
 * Asks to be enrolled, and keeps what it is told in the data folder: the agent runs from there.
 * Asking again with the same token after an answer that was lost needs a new token.
 *
 * Throws `join.refused`, `agent.exists`, `api.unreachable`, `data.unwritable` and the like.
 */
export async function joinNetwork(options: JoinOptions): Promise<JoinedResource> {
  const { apiUrl, token, agent, dataDirectory } = options;
  const keys = await ensureKeys(dataDirectory);
  const unlock = await lockDataDirectory(dataDirectory);
  try {
    const hash = createHash('sha256').update(token).digest('hex');
    const envelope = signJoin(
      { token: hash, agent, nkey: keys.identity.nkeyPublic },
      { vote: keys.voteSigner, witness: keys.witnessSigner },
    );
    const nkeySignature = encodeBase64(signWithNkey(keys.nkeySeed, joinMessage(envelope)));
    const url = new URL('/v1/agents/join', apiUrl);
    const joined = await post(url, { token, envelope, nkeySignature }, joinedParser);
    if (joined.credential !== null) await writeCredential(dataDirectory, joined.credential);
    await writeJoined(dataDirectory, {
      network: joined.network,
      agent: joined.agent,
      region: joined.region,
      natsUrl: joined.natsUrl,
      // By the way that has just worked, whatever the coordinator thinks that it is called.
      apiUrl,
      logVkey: joined.logVkey,
    });
    return joined;
  } finally {
    await unlock();
  }
}
