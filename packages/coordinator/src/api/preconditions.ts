/** `If-Match` and `If-None-Match` (RFC 9110 section 13): nobody overwrites what they have not seen. */
import { TrustMonitorError } from '@trustmonitor/protocol';
import Type, { type Static } from 'typebox';

/** For `schema.headers` of routes that change something; other headers pass. */
export const PreconditionHeaders = Type.Object({
  'if-match': Type.Optional(Type.String({ maxLength: 200, description: 'An ETag, or `*`.' })),
  'if-none-match': Type.Optional(
    Type.String({ pattern: '^\\*$', description: '`*`: only if there is none yet.' }),
  ),
});
export type PreconditionHeaders = Static<typeof PreconditionHeaders>;

/**
 * Holds `etag`, that of what is there (null: nothing is), against the request's conditions.
 *
 * Throws `conflict` (412) where they do not hold.
 */
export function requireUnchanged(
  headers: PreconditionHeaders,
  etag: string | null,
  what: string,
): void {
  const match = headers['if-match'];
  if (headers['if-none-match'] !== undefined && etag !== null) {
    throw new TrustMonitorError('conflict', `${what} is there already`);
  }
  if (match === undefined) return;
  if (match === '*' ? etag !== null : listOf(match).includes(etag ?? '')) return;
  throw new TrustMonitorError('conflict', `${what} was changed by somebody else`, {
    hint: etag === null ? 'It is not there.' : `Its ETag is ${etag}: read it again, then write.`,
  });
}

/** For a change of a part: who makes it must have seen the whole, or say `*`. */
export function requireCondition(headers: PreconditionHeaders): void {
  if (headers['if-match'] !== undefined) return;
  throw new TrustMonitorError('precondition.required', 'If-Match is missing', {
    hint: 'Send the ETag that you read, or "If-Match: *" to change it whatever it is.',
  });
}

function listOf(header: string): string[] {
  const tags = header.split(',').map((tag) => tag.trim());
  if (tags.every((tag) => /^"[\x21\x23-\x7e]{1,100}"$/.test(tag))) return tags;
  throw new TrustMonitorError('input.malformed', `If-Match: ${header} is not an ETag of ours`);
}
