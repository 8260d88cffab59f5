/** What somebody wrote -> a channel whose secrets are sealed; and back, for who delivers to it. */
import {
  TrustMonitorError,
  isTrustMonitorError,
  openChannel,
  publishChannel,
  type Channel,
  type ChannelInput,
  type KeptSecret,
  type OpenedChannel,
} from '@trustmonitor/protocol';
import type { SecretBox } from './secret-box.ts';
import { digestOfState } from './state-digest.ts';
import { insertAudit, type Actor } from './store/audit.ts';
import { upsertChannel, type StoredChannel } from './store/channels.ts';
import type { Queryable } from './store/database.ts';

/** Where the kinds that send a secret to an address of the writer's choice send it. */
const DESTINATION = ['type', 'url', 'apiUrl', 'host', 'port', 'security', 'ca'] as const;

/**
 * Writes the channel unless nothing changed. `stored` is what is there, and locked. A reference
 * keeps its stored value.
 */
export async function writeChannel(
  tx: Queryable,
  input: ChannelInput,
  stored: StoredChannel | null,
  box: SecretBox,
  actor: Actor,
): Promise<StoredChannel> {
  const channel = sealChannel(input, stored, box);
  const before = stored === null ? null : digestOfChannel(stored);
  const after = digestOfChannel(channel);
  if (before === after) return channel;
  await upsertChannel(tx, channel);
  await insertAudit(tx, { actor, action: 'channel.written', subject: input.id, before, after });
  return channel;
}

/** What would be written. Throws `input.invalid` for a reference that nothing is stored for. */
export function sealChannel(
  input: ChannelInput,
  stored: StoredChannel | null,
  box: SecretBox,
): StoredChannel {
  const keep = (secret: KeptSecret): string => {
    const sealed = stored?.sealedSecrets[secret.name];
    if (sealed === undefined) {
      throw refused(secret, `there is no stored secret ${secret.name}`, 'Write its value.');
    }
    refuseOtherPlace(secret, input, stored);
    return box.open(ownerOf(input), secret.name, sealed);
  };
  const { channel, secrets } = publishChannel(input, keep);
  const sealedSecrets = Object.entries(secrets).map(([name, value]) => {
    const before = stored?.sealedSecrets[name];
    const isSame = before !== undefined && holds(box, channel, name, before, value);
    return [name, isSame ? before : box.seal(ownerOf(channel), name, value)] as const;
  });
  return { definition: channel, sealedSecrets: Object.fromEntries(sealedSecrets) };
}

/** Else whoever may write channels, and no more, could have a stored secret sent to themselves. */
function refuseOtherPlace(
  secret: KeptSecret,
  input: ChannelInput,
  stored: StoredChannel | null,
): void {
  // The secrets of webhooks sign, and are not sent.
  if (input.type === 'webhook' && stored?.definition.type === 'webhook') return;
  const now: Readonly<Record<string, unknown>> = input;
  const before: Readonly<Record<string, unknown>> = stored?.definition ?? {};
  // A secret place is either kept, or written anew by who knows it.
  const moved = DESTINATION.find(
    (field) => typeof now[field] !== 'object' && now[field] !== before[field],
  );
  if (moved === undefined) return;
  const hint = 'Write its value: a stored secret goes only where it was written for.';
  throw refused(secret, `/${moved} changes, so ${secret.name} cannot be kept`, hint);
}

function refused({ pointer }: KeptSecret, message: string, hint: string): TrustMonitorError {
  const fields = [{ pointer, detail: message }];
  return new TrustMonitorError('input.invalid', message, { where: pointer, hint, fields });
}

/** Whether this is sealed already; what cannot be read is to be sealed again. */
function holds(
  box: SecretBox,
  channel: Channel,
  name: string,
  sealed: string,
  value: string,
): boolean {
  try {
    return box.open(ownerOf(channel), name, sealed) === value;
  } catch (error) {
    if (isTrustMonitorError(error, 'key.invalid')) return false;
    throw error;
  }
}

/** Throws `key.invalid` when the secrets cannot be read. */
export function unsealChannel(
  { definition, sealedSecrets }: StoredChannel,
  box: SecretBox,
): OpenedChannel {
  return openChannel(definition, (name) =>
    box.open(ownerOf(definition), name, sealedSecrets[name] ?? ''),
  );
}

/** Of what is stored, so that it tells a new secret from the old and nothing of either. */
export function digestOfChannel({ definition, sealedSecrets }: StoredChannel): string {
  return digestOfState({ definition, sealedSecrets });
}

/** Monitors have no slash in their ids: no secret of a channel passes for one of theirs. */
function ownerOf({ id }: { readonly id: string }): string {
  return `channel/${id}`;
}
