/** Monitors as code: what a whole file would change, and the change itself, all or nothing. */
import {
  Channel,
  MonitorDefaults,
  MonitorInput,
  Slug,
  Strict,
  TrustMonitorError,
  isTrustMonitorError,
  type FieldError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import {
  changeOf,
  prepareMonitor,
  requireChannels,
  writeMonitor,
  type Change,
  type PreparedMonitor,
} from '../monitors.ts';
import { lockChannel, selectChannel, selectChannels } from '../store/channels.ts';
import { selectMonitor } from '../store/monitors.ts';
import { requireScope } from './auth.ts';
import { writeChannel } from './channels.ts';
import type { ApiContext } from './context.ts';

const tags = ['monitors as code'];

const Plan = Strict({
  defaults: Type.Optional(MonitorDefaults),
  channels: Type.Optional(Type.Array(Channel, { maxItems: 100 })),
  monitors: Type.Array(MonitorInput, { maxItems: 10_000 }),
});
type Plan = Static<typeof Plan>;

const Changes = Strict({
  changes: Type.Array(Strict({ id: Slug, action: Type.Enum(['create', 'update', 'unchanged']) })),
});

export function planRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database, secretBox } = context;

  app.post(
    '/v1/plan',
    {
      config: { scope: 'monitors:read' },
      schema: {
        summary: 'What applying these monitors would change; nothing is written',
        tags,
        body: Plan,
        response: { 200: Changes },
      },
    },
    async ({ body }) => {
      const prepared = await prepareAll(body, context);
      const changes = [];
      for (const monitor of prepared) {
        const stored = await selectMonitor(database, monitor.definition.id);
        changes.push({ id: monitor.definition.id, action: changeOf(monitor, stored, secretBox) });
      }
      return { changes };
    },
  );

  app.post(
    '/v1/apply',
    {
      config: { scope: 'monitors:write' },
      schema: {
        summary: 'Write these monitors and channels, all or none',
        tags,
        body: Plan,
        response: { 200: Changes },
      },
    },
    async ({ body, actor, token }) => {
      if ((body.channels ?? []).length > 0) requireScope(token, 'channels:write');
      const prepared = await prepareAll(body, context);
      const changes = await database.transaction(async (tx) => {
        for (const channel of (body.channels ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
          await lockChannel(tx, channel.id);
          await writeChannel(tx, channel, await selectChannel(tx, channel.id), actor);
        }
        const actions = new Map<string, Change>();
        // In one order for everybody: two that apply the same file wait, and do not deadlock.
        for (const monitor of prepared.toSorted(byId)) {
          const options = { actor, expectedRevision: null };
          const action = await writeMonitor(tx, monitor, secretBox, options);
          actions.set(monitor.definition.id, action);
        }
        return prepared.map(({ definition: { id } }) => ({
          id,
          action: actions.get(id) ?? 'unchanged',
        }));
      });
      context.cycle.monitorsChanged(
        changes.filter(({ action }) => action !== 'unchanged').map(({ id }) => id),
      );
      return { changes };
    },
  );
}

/** Prepares every monitor, and reports the faults of all of them together. */
async function prepareAll(plan: Plan, context: ApiContext): Promise<PreparedMonitor[]> {
  const channels = [...(await selectChannels(context.database)), ...(plan.channels ?? [])];
  const ids = new Set<string>();
  const prepared: PreparedMonitor[] = [];
  const faults: FieldError[] = [];
  for (const [i, input] of plan.monitors.entries()) {
    try {
      const monitor = prepareMonitor(input, plan.defaults ?? {}, context.keyRings.members);
      requireChannels(monitor, channels);
      requireNewId(monitor, ids);
      prepared.push(monitor);
    } catch (error) {
      if (!isTrustMonitorError(error)) throw error;
      faults.push(...faultsOf(error, `/monitors/${i}`));
    }
  }
  if (faults.length > 0) {
    const [first] = faults;
    throw new TrustMonitorError('input.invalid', first?.detail ?? 'the plan is not valid', {
      fields: faults,
    });
  }
  return prepared;
}

const byId = (a: PreparedMonitor, b: PreparedMonitor): number =>
  a.definition.id < b.definition.id ? -1 : 1;

function requireNewId({ definition }: PreparedMonitor, before: Set<string>): void {
  if (!before.has(definition.id)) {
    before.add(definition.id);
    return;
  }
  throw new TrustMonitorError('input.invalid', `two monitors have the id ${definition.id}`, {
    where: '/id',
  });
}

function faultsOf(error: TrustMonitorError, prefix: string): FieldError[] {
  const hint = error.hint === undefined ? '' : `. ${error.hint}`;
  if (error.fields.length === 0) {
    return [{ pointer: prefix + (error.where ?? ''), detail: error.message + hint }];
  }
  return error.fields.map(({ pointer, detail }) => ({
    pointer: prefix + pointer,
    detail: detail + hint,
  }));
}
