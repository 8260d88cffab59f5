/** A version of the key ring on its way between the people who hold the roots. */
import { cosignKeyRing, decodeUtf8, payloadOf } from '@trustmonitor/evidence';
import {
  Envelope,
  KeyRing,
  PAYLOAD_TYPES,
  TrustMonitorError,
  parserOf,
} from '@trustmonitor/protocol';
import { readFile } from 'node:fs/promises';
import type { ApiOptions } from '../api/locate.ts';
import type { Context } from '../context.ts';
import { pathsOf } from '../stack/paths.ts';
import { writeWhole } from '../stack/write-whole.ts';
import { openChain } from './chain.ts';
import { rootSigners } from './change.ts';
import type { ChangeOptions } from './options.ts';

const envelopeParser = parserOf(Envelope, 'keyring.invalid');
const ringParser = parserOf(KeyRing, 'keyring.invalid');

/** Returns the text that was signed: whoever signs should have read it. */
export async function signDraft(
  file: string,
  options: ChangeOptions,
  { settings }: Context,
): Promise<{ text: string; signatures: number }> {
  const paths = pathsOf(options.data ?? settings.dataDirectory);
  const before = await readDraft(file);
  const ring = ringOf(before, file);
  let envelope = before;
  for (const signer of await rootSigners(options, { paths }, ring.root.keys)) {
    envelope = cosignKeyRing(envelope, signer);
  }
  await writeWhole(file, `${JSON.stringify(envelope, null, 2)}\n`, 0o644);
  return { text: JSON.stringify(ring, null, 2), signatures: envelope.signatures.length };
}

export async function publishDraft(
  file: string,
  options: ApiOptions,
  { settings }: Context,
): Promise<{ version: number; where: string }> {
  const envelope = await readDraft(file);
  const chain = await openChain(options, settings);
  await chain.publish([envelope]);
  return { version: ringOf(envelope, file).version, where: chain.where };
}

async function readDraft(file: string): Promise<Envelope> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TrustMonitorError('config.invalid', `${file} cannot be read`, { where: file, cause });
  });
  return envelopeParser.parseJson(text, file);
}

function ringOf(envelope: Envelope, file: string): KeyRing {
  return ringParser.parseJson(decodeUtf8(payloadOf(envelope, PAYLOAD_TYPES.keyring)), file);
}
