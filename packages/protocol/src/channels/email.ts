/** Mail, handed to an SMTP server. */
import Type from 'typebox';
import { Host, Port } from '../checks/common.ts';
import { Slug, Strict } from '../schema.ts';
import { Line, SecretRef, SecretText } from './common.ts';

const MailAddress = Type.String({
  pattern: '^[^\\s<>@,;:"()\\[\\]\\\\]{1,64}@[^\\s<>@,;:"()\\[\\]\\\\]{1,255}$',
  description: 'An address, such as alerts@example.com.',
});

const common = {
  id: Slug,
  type: Type.Literal('email'),
  host: Host,
  /** 587 by default, 465 for `tls`, 25 for `none`. */
  port: Type.Optional(Port),
  /** `starttls` (default) and `tls` refuse to send anything over a connection that is not safe. */
  security: Type.Optional(Type.Enum(['starttls', 'tls', 'none'])),
  /** Certificates, in PEM, that the server's is held against instead of the usual ones. */
  ca: Type.Optional(Type.String({ pattern: '^\\s*-----BEGIN ', maxLength: 65_536 })),
  username: Type.Optional(Line(256)),
  from: MailAddress,
  to: Type.Array(MailAddress, { minItems: 1, maxItems: 20 }),
};

export const EMAIL = {
  input: Strict({ ...common, password: Type.Optional(SecretText()) }),
  shown: Strict({ ...common, password: Type.Optional(SecretRef) }),
  secrets: ['password'],
} as const;
