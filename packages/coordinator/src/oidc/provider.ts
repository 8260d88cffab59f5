/**
 * The identity provider, as it is asked: authorization code with PKCE, state and nonce (OpenID Connect
 * Core 3.1, RFC 7636, RFC 9700). Its library is loaded when somebody signs in with it, not before.
 */
import { TrustMonitorError } from '@trustmonitor/protocol';
import type * as openid from 'openid-client';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { mergeClaims, type Claims } from './admission.ts';
import { isPlain, type OidcSettings } from './settings.ts';

type Library = typeof openid;

/** A person waits for it, in front of a page. */
const TIMEOUT_SECONDS = 5;
/** What a provider says of itself is read again so often, and after a failure so much sooner. */
const KNOWN_FOR_MS = 3_600_000;
const FAILED_FOR_MS = 5_000;
const CLOCKS_DIFFER_SECONDS = 30;

/** What is sent along, and must come back or be shown later. */
export interface Begun {
  readonly url: URL;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who somebody is, by the provider's word. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
}

interface Known {
  readonly library: Library;
  readonly configuration: openid.Configuration;
}

export interface ProviderParts {
  /** Where the provider sends browsers back to: fixed, whatever a request says. */
  readonly redirectUri: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class OidcProvider {
  readonly #settings: OidcSettings;
  readonly #parts: ProviderParts;
  #known: Promise<Known> | null = null;
  #staleAt = 0;

  constructor(settings: OidcSettings, parts: ProviderParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** Whether it says what it is, and that this is what it is expected to be. */
  async isReachable(): Promise<boolean> {
    return this.#discover().then(
      () => true,
      () => false,
    );
  }

  /** Throws `oidc.unavailable`. */
  async begin(): Promise<Begun> {
    const { library, configuration } = await this.#discover();
    const [state, nonce, verifier] = [
      library.randomState(),
      library.randomNonce(),
      library.randomPKCECodeVerifier(),
    ];
    const url = library.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#parts.redirectUri,
      scope: this.#settings.scope,
      state,
      nonce,
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url, state, nonce, verifier };
  }

  /**
   * Who came back. `query`: what the provider sent the browser back with.
   * Throws `oidc.unavailable`, and `oidc.refused` for whatever does not fit what was begun.
   */
  async finish(query: string, begun: Omit<Begun, 'url'>): Promise<Person> {
    const { library, configuration } = await this.#discover();
    try {
      const answer = new URL(`${this.#parts.redirectUri}?${query}`);
      const tokens = await library.authorizationCodeGrant(configuration, answer, {
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        pkceCodeVerifier: begun.verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new TypeError('the answer has no ID token');
      const told = await userInfo(library, configuration, tokens.access_token, claims.sub);
      return { issuer: claims.iss, subject: claims.sub, claims: mergeClaims(claims, told) };
    } catch (error) {
      throw this.#problemOf(error, library);
    }
  }

  /** One request for all who ask at a time. */
  #discover(): Promise<Known> {
    const { clock } = this.#parts;
    if (this.#known !== null && clock() < this.#staleAt) return this.#known;
    const asked = this.#ask();
    this.#known = asked;
    this.#staleAt = clock() + KNOWN_FOR_MS;
    asked.catch(() => (this.#staleAt = clock() + FAILED_FOR_MS));
    return asked;
  }

  async #ask(): Promise<Known> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const library = await import('openid-client');
    const url = new URL(issuer);
    try {
      const configuration = await library.discovery(
        url,
        clientId,
        { [library.clockTolerance]: CLOCKS_DIFFER_SECONDS },
        authenticationWith(library, clientSecret),
        {
          timeout: TIMEOUT_SECONDS,
          // The signature of an ID token counts, even one that came over TLS.
          execute: [
            library.enableNonRepudiationChecks,
            // Said to be deprecated only to make one look twice: it is for this machine's own addresses.
            // eslint-disable-next-line @typescript-eslint/no-deprecated
            ...(isPlain(url) ? [library.allowInsecureRequests] : []),
          ],
        },
      );
      return { library, configuration };
    } catch (error) {
      this.#parts.log.warn({ issuer, ...reasonOf(error) }, 'the identity provider does not answer');
      throw unavailable(this.#settings.name, error);
    }
  }

  #problemOf(error: unknown, library: Library): TrustMonitorError {
    const { issuer, name } = this.#settings;
    const reason = reasonOf(error);
    this.#parts.log.warn({ issuer, ...reason }, 'a sign-in with the identity provider failed');
    if (isItsFault(error, library)) return unavailable(name, error);
    return new TrustMonitorError('oidc.refused', `${name} did not vouch for you`, {
      hint: 'Try again. If it stays so, the log of the coordinator has the reason.',
      cause: error,
    });
  }
}

function unavailable(name: string, cause: unknown): TrustMonitorError {
  return new TrustMonitorError('oidc.unavailable', `${name} cannot be used to sign in now`, {
    hint: 'Sign in with a token. Whoever runs this server finds the reason in its log.',
    cause,
  });
}

/** As the provider says that it wants the secret; as the standard says where it says nothing. */
function authenticationWith(library: Library, secret: string | null): openid.ClientAuth {
  if (secret === null) return library.None();
  const [post, basic] = [library.ClientSecretPost(secret), library.ClientSecretBasic(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? [];
    const way = methods.includes('client_secret_post') ? post : basic;
    way(server, client, body, headers);
  };
}

/** What of somebody is told only there: many providers keep ID tokens short. */
async function userInfo(
  library: Library,
  configuration: openid.Configuration,
  accessToken: string,
  subject: string,
): Promise<Claims> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return library.fetchUserInfo(configuration, accessToken, subject);
}

/** Away, broken, or told other settings than ours: nothing that the person could mend. */
function isItsFault(error: unknown, library: Library): boolean {
  if (error instanceof library.ResponseBodyError) {
    return error.status >= 500 || ['invalid_client', 'unauthorized_client'].includes(error.error);
  }
  const { code } = error as { code?: unknown };
  // What `fetch` throws where nobody answers has no code of the library's.
  return code === 'OAUTH_TIMEOUT' || (error instanceof TypeError && code === undefined);
}

/** Without the answers themselves: tokens could be in them. */
function reasonOf(error: unknown): Readonly<Record<string, unknown>> {
  const { message, code, error: told, error_description: words, cause } = error as ErrorLike;
  const because = cause instanceof Error ? cause.message : undefined;
  return { reason: message, code, told, words, because };
}

interface ErrorLike {
  readonly message?: string;
  readonly code?: unknown;
  readonly error?: unknown;
  readonly error_description?: unknown;
  readonly cause?: unknown;
}
