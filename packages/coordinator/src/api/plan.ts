/** Monitors as code over HTTP: a whole file is planned or applied. */
import {
  PlanInput,
  PlanResult,
  TrustMonitorError,
  isTrustMonitorError,
  type ChannelInput,
  type FieldError,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { applyChanges, ownerOf, planChanges, type PreparedPlan } from '../apply.ts';
import { writeChannel } from '../channels.ts';
import { prepareMonitor, requireChannels, type PreparedMonitor } from '../monitors.ts';
import { lockChannel, selectChannel, selectChannels } from '../store/channels.ts';
import type { Actor } from '../store/audit.ts';
import type { SecretBox } from '../secret-box.ts';
import type { Queryable } from '../store/database.ts';
import { requireScope } from './auth.ts';
import type { ApiContext } from './context.ts';

const tags = ['monitors as code'];

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
        body: PlanInput,
        response: { 200: PlanResult },
      },
    },
    async ({ body }) => {
      const plan = await preparePlan(body, context);
      return { owner: plan.owner, changes: await planChanges(database, plan, secretBox) };
    },
  );

  app.post(
    '/v1/apply',
    {
      config: { scope: 'monitors:write' },
      schema: {
        summary: 'Write these monitors and channels, all or none',
        tags,
        body: PlanInput,
        response: { 200: PlanResult },
      },
    },
    async ({ body, actor, token }) => {
      if ((body.channels ?? []).length > 0) requireScope(token, 'channels:write');
      const plan = await preparePlan(body, context);
      const changes = await database.transaction(async (tx) => {
        await applyChannels(tx, body.channels ?? [], secretBox, actor);
        return applyChanges(tx, plan, secretBox, actor);
      });
      context.cycle.monitorsChanged(
        changes.filter(({ action }) => action !== 'unchanged').map(({ id }) => id),
      );
      return { owner: plan.owner, changes };
    },
  );
}

/** In order of their ids, so that two who apply wait for each other and not both. */
async function applyChannels(
  tx: Queryable,
  channels: readonly ChannelInput[],
  box: SecretBox,
  actor: Actor,
): Promise<void> {
  const ordered = [...channels.entries()].toSorted(([, a], [, b]) => (a.id < b.id ? -1 : 1));
  for (const [i, channel] of ordered) {
    await lockChannel(tx, channel.id);
    const stored = await selectChannel(tx, channel.id);
    try {
      await writeChannel(tx, channel, stored, box, actor);
    } catch (error) {
      if (!isTrustMonitorError(error, 'input.invalid')) throw error;
      const fields = faultsOf(error, `/channels/${i}`);
      throw new TrustMonitorError('input.invalid', error.message, { fields, cause: error });
    }
  }
}

async function preparePlan(body: PlanInput, context: ApiContext): Promise<PreparedPlan> {
  const { prune = false, takeOver = false } = body;
  return { owner: ownerOf(body), prune, takeOver, monitors: await prepareAll(body, context) };
}

/** Prepares every monitor, and reports the faults of all of them together. */
async function prepareAll(plan: PlanInput, context: ApiContext): Promise<PreparedMonitor[]> {
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
