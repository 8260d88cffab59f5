/** The errors this package throws, one short constructor for each code. */
import { TrustMonitorError } from '@trustmonitor/protocol';

export const malformed = (message: string, cause?: unknown): TrustMonitorError =>
  new TrustMonitorError('message.malformed', message, { cause });

export const tooLarge = (message: string): TrustMonitorError =>
  new TrustMonitorError('input.too_large', message);

export const invalidKey = (message: string): TrustMonitorError =>
  new TrustMonitorError('key.invalid', message);

export const unknownKey = (message: string): TrustMonitorError =>
  new TrustMonitorError('key.unknown', message);

export const invalidSignature = (message: string): TrustMonitorError =>
  new TrustMonitorError('signature.invalid', message);

export const invalidBatch = (message: string): TrustMonitorError =>
  new TrustMonitorError('batch.invalid', message);

export const untimelyBatch = (message: string): TrustMonitorError =>
  new TrustMonitorError('batch.time', message);

export const invalidKeyRing = (message: string): TrustMonitorError =>
  new TrustMonitorError('keyring.invalid', message);
