/** Text that JSON can spell and PostgreSQL or canonical JSON cannot hold is refused at the border. */
import { TrustMonitorError, escapePointer } from '@trustmonitor/protocol';

/** Throws `input.invalid` with the pointer of the first NUL or lone surrogate, in keys or values. */
export function requireStorable(value: unknown, pointer = ''): void {
  if (typeof value === 'string') {
    const fault = faultOf(value);
    if (fault !== null) throw unstorable(pointer, fault);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const fault = faultOf(key);
    if (fault !== null) throw unstorable(pointer, `has a key that ${fault}`);
    requireStorable(child, `${pointer}/${escapePointer(key)}`);
  }
}

function faultOf(text: string): string | null {
  if (text.includes('\0')) return 'contains a NUL character';
  return /\p{Surrogate}/u.test(text) ? 'contains half of a surrogate pair' : null;
}

function unstorable(pointer: string, detail: string): TrustMonitorError {
  return new TrustMonitorError('input.invalid', `${pointer || '/'} ${detail}`, {
    where: pointer || '/',
    fields: [{ pointer, detail }],
  });
}
