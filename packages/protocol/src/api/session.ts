import Type, { type Static } from 'typebox';
import { Nullable, Slug, Strict, Timestamp } from '../schema.ts';

const Secret = Type.String({ minLength: 1, maxLength: 200 });

/** What a browser signs in with: a token, or the code of a link. */
export const SessionInput = Type.Union([Strict({ token: Secret }), Strict({ code: Secret })]);
export type SessionInput = Static<typeof SessionInput>;

/** Who asks. */
export const SessionResource = Strict({
  /** Of the token. */
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  network: Slug,
  /** When the session ends at the latest; null for a caller that sends a token. */
  expiresAt: Nullable(Timestamp),
});
export type SessionResource = Static<typeof SessionResource>;

/** It stands behind `/#sign-in=` in a link to the console. */
export const SignInCode = Strict({ code: Secret, expiresAt: Timestamp });
export type SignInCode = Static<typeof SignInCode>;

/** How people can sign in, beside a token. */
export const SignInWays = Strict({
  /** Null while no identity provider is configured. */
  oidc: Nullable(
    Strict({
      name: Type.String(),
      url: Type.String({
        description: 'Where a browser goes; `?next=` is a path to come back to.',
      }),
      isReachable: Type.Boolean(),
    }),
  ),
});
export type SignInWays = Static<typeof SignInWays>;
