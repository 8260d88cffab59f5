/**
 * A real OpenID provider on this machine. It asks nobody for a password: whoever comes is who the test
 * says that they are.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Provider, { type Configuration } from 'oidc-provider';
import { listen } from '../targets/target.ts';

export const CLIENT = { id: 'trustmonitor', secret: 'a secret of the test' } as const;
const SCOPE = 'openid email profile groups';

export interface IdentityProvider {
  readonly issuer: string;
  /** Whoever comes next is this person, with these claims; their name is `sub`. */
  become(sub: string, claims: Readonly<Record<string, unknown>>): void;
  close(): Promise<void>;
}

/**
 * `redirectUris`: where it may send browsers back to, as they are when the first one comes. By
 * `localhost`: to a browser that is another site than `127.0.0.1`, as a provider is.
 */
export async function startIdentityProvider(
  redirectUris: readonly string[],
): Promise<IdentityProvider> {
  const server = createServer();
  const listener = await listen(server, 'localhost');
  const issuer = `http://${listener.host}:${listener.port}`;
  const people = new Map<string, Readonly<Record<string, unknown>>>();
  const now = { sub: 'nobody' };
  let made: Provider | null = null;
  server.on('request', (request, response) => {
    made ??= new Provider(issuer, configurationOf(redirectUris, people));
    const isPerson = request.url?.startsWith('/interaction/') === true;
    if (isPerson) void vouch(made, now.sub, request, response);
    else void made.callback()(request, response);
  });
  return {
    issuer,
    become: (sub, claims) => {
      people.set(sub, claims);
      now.sub = sub;
    },
    close: () => listener.close(),
  };
}

async function vouch(
  provider: Provider,
  accountId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Whoever was there before is forgotten: the next one to come may be somebody else.
  await provider.interactionFinished(request, response, { login: { accountId, remember: false } });
}

function configurationOf(
  redirectUris: readonly string[],
  people: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Configuration {
  return {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [...redirectUris],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      groups: ['groups'],
    },
    cookies: { keys: ['signs the cookies of a test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    // Said, or it says on the console that they should be.
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, ...people.get(sub) }),
    }),
    // Nobody is asked whether the client may know who they are.
    loadExistingGrant: async ({ oidc }) => {
      const { client, session } = oidc;
      const grant = new oidc.provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope(SCOPE);
      await grant.save();
      return grant;
    },
  };
}
