/** The gate: asks it, and shows what it decided. */
import { parseGateStatement, payloadOf } from '@trustmonitor/evidence';
import {
  GateDecision,
  GateInput,
  GateOutcome,
  PAYLOAD_TYPES,
  PageOf,
  PageQuery,
  ServiceName,
  Strict,
  TrustMonitorError,
  Uuid7,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { askGate } from '../gate/gate.ts';
import { FLEET_KEPT_MS, type Fleet } from '../gate/objectives.ts';
import { Kept } from '../kept.ts';
import { selectDecision, selectDecisionPage, type StoredDecision } from '../store/gate.ts';
import type { ApiContext } from './context.ts';
import { Instant, UUID7_CURSOR, instantOf, limitOf, pageOf, readCursor } from './page.ts';

const tags = ['gate'];
const READ = { scope: 'gate:read' as const };
const ASK = { scope: 'gate:ask' as const };

const ListQuery = Strict({
  ...PageQuery.properties,
  service: Type.Optional(ServiceName),
  outcome: Type.Optional(GateOutcome),
  from: Type.Optional(Instant('Decided at this time or later.')),
  to: Type.Optional(Instant('Decided before this time.')),
});

export function gateRoutes(app: FastifyInstance, context: ApiContext): void {
  askRoute(app, context);
  readRoutes(app, context);
}

function askRoute(instance: FastifyInstance, context: ApiContext): void {
  const { transparency, settings, gateStats: stats } = context;
  const { network, gate } = settings;
  const fleet: Fleet = new Kept(1, FLEET_KEPT_MS);
  const parts = { ...context, network, gate, stats, fleet, isLogged: transparency !== null };

  instance.withTypeProvider<TypeBoxTypeProvider>().post(
    '/v1/gate',
    {
      config: ASK,
      schema: {
        summary:
          'Ask whether a deployment may go on. The answer is signed, stored and logged; only ' +
          '`allowed` lets it through',
        tags,
        body: GateInput,
        response: { 200: GateDecision },
      },
    },
    async ({ body, actor }) => show(await askGate(body, actor, parts)),
  );
}

function readRoutes(instance: FastifyInstance, { database }: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/v1/gate/decisions',
    {
      config: READ,
      schema: {
        summary: 'Decisions of the gate with their facts and signatures, newest first',
        tags,
        querystring: ListQuery,
        response: { 200: PageOf(GateDecision) },
      },
    },
    async ({ query }) => {
      const limit = limitOf(query);
      const filter = {
        service: query.service ?? null,
        outcome: query.outcome ?? null,
        from: instantOf(query.from, '/from'),
        to: instantOf(query.to, '/to'),
        before: readCursor(query.cursor, UUID7_CURSOR),
      };
      const rows = await selectDecisionPage(database, filter, limit + 1);
      return pageOf(rows, limit, ({ id }) => id, show);
    },
  );

  app.get(
    '/v1/gate/decisions/:id',
    {
      config: READ,
      schema: {
        summary: 'A decision of the gate',
        tags,
        params: Strict({ id: Uuid7 }),
        response: { 200: GateDecision },
      },
    },
    async ({ params: { id } }) => {
      const decision = await selectDecision(database, id);
      if (decision !== null) return show(decision);
      throw new TrustMonitorError('not_found', `there is no decision ${id}`);
    },
  );
}

/** As it was signed. */
function show({ id, digest, envelope }: StoredDecision): GateDecision {
  const { predicate } = parseGateStatement(payloadOf(envelope, PAYLOAD_TYPES.record));
  const { facts, outcome, reasons, policy, thresholds, rules, recordedAt } = predicate;
  const { service, stage } = facts;
  return {
    ...{ id, service, stage, outcome, reasons, policy, facts, thresholds, rules },
    ...{ decidedAt: recordedAt, digest, envelope },
  };
}
