/** What goes wrong is told to whoever reads logs and deliveries: without the channel's secrets. */
import { secretFieldsOf, type OpenedChannel } from '@trustmonitor/protocol';

/** Shorter ones would take words out of every sentence, and are no secrets. */
const SHORTEST = 4;

/** Receivers repeat what they were sent, and errors of the network name addresses. */
export function withoutSecrets(text: string, channel: OpenedChannel): string {
  // The address of a webhook is shown to nobody who only reads.
  const fields = channel.type === 'webhook' ? ['url'] : [];
  const values = [...secretFieldsOf(channel.type), ...fields]
    .flatMap((field) => (channel as Readonly<Record<string, unknown>>)[field])
    .filter((value) => typeof value === 'string')
    .flatMap(spellingsOf)
    .filter((value) => value.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);
  return values.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text);
}

/** As it stands; in a URL, in JSON, in basic authentication; and the secret part of a hook's URL. */
function spellingsOf(value: string): string[] {
  const path = URL.canParse(value) ? [new URL(value).pathname + new URL(value).search] : [];
  const base64 = Buffer.from(value).toString('base64');
  const escaped = JSON.stringify(value).slice(1, -1);
  return [value, encodeURIComponent(value), escaped, base64, ...path];
}
