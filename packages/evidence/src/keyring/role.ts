import type { KeyRole, RingKey } from '@trustmonitor/protocol';
import { unknownKey } from '../errors.ts';

/** Roles are never shared: a vote key cannot sign a record. Throws `key.unknown`. */
export function requireRole(key: RingKey, role: KeyRole): void {
  if (key.role !== role) throw unknownKey(`key ${key.kid} is for ${key.role}, not for ${role}`);
}
