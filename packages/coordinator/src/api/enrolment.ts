/** Agents join, are let into the broker again, and are revoked; key rings are published. */
import { verifyWithNkey } from '@trustmonitor/bus';
import { decodeBase64, encodeUtf8 } from '@trustmonitor/evidence';
import {
  CredentialRequest,
  CredentialResource,
  JoinRequest,
  JoinTokenInput,
  JoinTokenResource,
  JoinedResource,
  KeyRingInput,
  KeyRingResource,
  MAX_JOIN_TOKEN_SECONDS,
  Slug,
  Strict,
  TrustMonitorError,
  credentialRequestText,
  parseTimestamp,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isBadRequest, type Enrolled } from '../enrol/enrolment.ts';
import { joinTokenHash, newJoinToken } from '../enrol/token.ts';
import { insertAudit, type Actor } from '../store/audit.ts';
import { insertJoinToken, selectEnrolledNkey } from '../store/enrolment.ts';
import type { ApiContext } from './context.ts';

const PUBLIC = { scope: 'public' as const };
const AGENTS = { scope: 'agents:write' as const };
const KEYS = { scope: 'keys:write' as const };
const tags = ['agents'];
const Path = Strict({ agent: Slug });
/** A request to renew is good for as long as clocks may differ. */
const REQUEST_GOOD_MS = 120_000;

export function enrolmentRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  joinRoutes(app, context);
  ringRoutes(app, context);
}

type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

function joinRoutes(app: App, context: ApiContext): void {
  const { enrolment } = context;

  app.post(
    '/v1/agents/join-tokens',
    {
      config: AGENTS,
      schema: {
        summary: 'Let one agent join a region',
        description: 'The token is good once, for an hour at most, and is shown this once.',
        tags,
        body: JoinTokenInput,
        response: { 201: JoinTokenResource },
      },
    },
    async ({ body, actor }, reply) => reply.status(201).send(await invite(body, actor, context)),
  );

  app.post(
    '/v1/agents/join',
    {
      config: PUBLIC,
      schema: {
        summary: 'Join as an agent, with a join token',
        tags,
        body: JoinRequest,
        response: { 201: JoinedResource },
      },
    },
    async ({ body, ip, id }, reply) => {
      const actor: Actor = { name: 'join token', address: ip, requestId: id };
      const enrolled = await enrolment.join(body, actor).catch(blameCaller);
      return reply.status(201).send(await describe(enrolled, context));
    },
  );

  app.post(
    '/v1/agents/:agent/credential',
    {
      config: PUBLIC,
      schema: {
        summary: 'Renew the credential of an agent that was away for too long',
        description: 'Signed by the NKey that the agent joined with.',
        tags,
        params: Path,
        body: CredentialRequest,
        response: { 200: CredentialResource },
      },
    },
    async ({ params, body }) => ({ credential: await renew(params.agent, body, context) }),
  );
}

function ringRoutes(app: App, { enrolment }: ApiContext): void {
  app.post(
    '/v1/agents/:agent/revoke',
    {
      config: AGENTS,
      schema: {
        summary: 'Revoke an agent: from now on nothing that it signs counts',
        tags,
        params: Path,
        response: { 200: KeyRingResource },
      },
    },
    async ({ params, actor }) => ({ version: await enrolment.revoke(params.agent, actor) }),
  );

  app.post(
    '/v1/keyrings',
    {
      config: KEYS,
      schema: {
        summary: 'Put signed versions of the key ring into force',
        tags: ['keys'],
        body: KeyRingInput,
        response: { 200: KeyRingResource },
      },
    },
    async ({ body, actor }) => ({
      version: await enrolment.publish(body.envelopes, actor).catch(blameCaller),
    }),
  );
}

async function invite(
  { region, agent, ttlSeconds = MAX_JOIN_TOKEN_SECONDS }: JoinTokenInput,
  actor: Actor,
  { enrolment, database, settings }: ApiContext,
): Promise<JoinTokenResource> {
  enrolment.requireRegion(region);
  const token = newJoinToken();
  const grant = { region, agent: agent ?? null };
  const hash = joinTokenHash(token);
  const expiresAt = await database.transaction(async (tx) => {
    const at = await insertJoinToken(tx, { ...grant, hash, createdBy: actor.name, ttlSeconds });
    await insertAudit(tx, {
      actor,
      action: 'agent.invited',
      subject: region,
      detail: { ...grant },
    });
    return at.toISOString();
  });
  const command = `trustmonitor agent join --url ${settings.publicUrl}`;
  return { token, ...grant, expiresAt, command };
}

async function describe(
  { agent, region, group, nkey, logVkey }: Enrolled,
  { credentials, keyRings, settings }: ApiContext,
): Promise<JoinedResource> {
  return {
    network: settings.network,
    agent,
    region,
    group,
    natsUrl: settings.natsAdvertise,
    apiUrl: settings.publicUrl,
    logVkey,
    credential: (await credentials?.issue(agent, region, nkey)) ?? null,
    root: keyRings.root,
  };
}

/** Throws `auth.refused` for whatever is wrong, the same for all: a stranger learns nothing. */
async function renew(
  agent: string,
  { nkey, at, signature }: CredentialRequest,
  { database, credentials, keyRings, settings, clock }: ApiContext,
): Promise<string> {
  const message = encodeUtf8(credentialRequestText(settings.network, agent, at));
  const isFresh = Math.abs(clock() - parseTimestamp(at)) <= REQUEST_GOOD_MS;
  const isSigned = verifyWithNkey(nkey, message, decodeBase64(signature));
  const region = keyRings.ring.regionOf(agent);
  const isKnown = isFresh && isSigned && (await selectEnrolledNkey(database, agent)) === nkey;
  if (!isKnown || region === null || credentials === null) {
    throw new TrustMonitorError('auth.refused', `no credential for ${agent}`, {
      hint: 'The agent must have joined, not be revoked, and its clock be right to two minutes.',
    });
  }
  return credentials.issue(agent, region, nkey);
}

/** A signature that does not verify is no fault of ours here: it came with the request. */
function blameCaller(error: unknown): never {
  if (!isBadRequest(error)) throw error;
  const { message } = error as Error;
  throw new TrustMonitorError('input.invalid', message, { where: '/envelope', cause: error });
}
