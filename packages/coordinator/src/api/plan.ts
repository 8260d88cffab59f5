/** Monitors as code over HTTP: a whole file is planned or applied. */
import {
  PlanInput,
  PlanResult,
  TrustMonitorError,
  completeRouting,
  completeSlo,
  covers,
  isTrustMonitorError,
  type ChannelInput,
  type FieldError,
  type MaintenanceInput,
  type MaintenanceWindow,
  type Slo,
} from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { faultyDependencies } from '../alerts/dependencies.ts';
import { applyChanges, ownerOf, planChanges, storedOf, type PreparedPlan } from '../apply.ts';
import { sealChannel, writeChannel } from '../channels.ts';
import { requireKept, type PreparedMonitor } from '../monitor-secrets.ts';
import { prepareMonitor, requireChannels } from '../monitors.ts';
import { applySlos, planSlos, requireSloChannels } from '../slo/write.ts';
import { lock, lockById, shareLock } from '../store/advisory-locks.ts';
import { selectChannel, selectChannels, type StoredChannel } from '../store/channels.ts';
import type { Actor } from '../store/audit.ts';
import type { SecretBox } from '../secret-box.ts';
import type { Queryable } from '../store/database.ts';
import { selectOwnedBeside } from '../store/ownership.ts';
import { lockSlos } from '../store/slos.ts';
import { applyWindows, exists, prepareWindow, touchesWindows } from '../maintenance/windows.ts';
import { requireScope } from './auth.ts';
import type { ApiContext } from './context.ts';
import { requireNamedChannels, writeRouting } from './routing.ts';
import { changeWindows } from './maintenance.ts';

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
        description:
          'For a token without `monitors:write`, a monitor that a secret is written for is always ' +
          'an `update`: whether the value is the stored one is not told.',
        tags,
        body: PlanInput,
        response: { 200: PlanResult },
      },
    },
    async ({ body, token }) => {
      const { slos, ...plan } = await preparePlan(body, context);
      prepareWindows(body.maintenance ?? [], context.clock());
      const mayWrite = covers(token?.scopes ?? [], 'monitors:write');
      return {
        owner: plan.owner,
        changes: await planChanges(database, plan, mayWrite ? secretBox : null),
        ...(slos === null ? {} : { slos: await planSlos(database, { ...plan, slos }) }),
      };
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
      const isMore = (body.channels ?? []).length > 0 || body.routing !== undefined;
      if (isMore) requireScope(token, 'channels:write');
      const { slos, ...plan } = await preparePlan(body, context);
      const windows = prepareWindows(body.maintenance ?? [], context.clock());
      const { changes, ...others } = await changeWindows(context, actor, async (tx, change) => {
        await (body.routing === undefined ? shareLock : lock)(tx, 'telling');
        await applyChannels(tx, body.channels ?? [], secretBox, actor);
        requireTold(body, plan, slos ?? [], await selectChannels(tx));
        if (body.routing !== undefined) {
          await writeRouting(tx, completeRouting(body.routing), actor);
        }
        const changes = await applyChanges(tx, plan, secretBox, actor);
        if (body.maintenance !== undefined) {
          const maintenance = { ...plan, windows };
          if (await touchesWindows(tx, maintenance)) requireScope(token, 'maintenance:write');
          await applyWindows(tx, maintenance, change);
        }
        if (slos === null) return { changes };
        await lockSlos(tx);
        return { changes, slos: await applySlos(tx, { ...plan, slos }, actor) };
      });
      context.cycle.monitorsChanged(
        changes.filter(({ action }) => action !== 'unchanged').map(({ id }) => id),
      );
      return { owner: plan.owner, changes, ...others };
    },
  );
}

/** Channels that were there when the plan was prepared may be gone; from here on none can go. */
function requireTold(
  { routing }: PlanInput,
  { monitors }: PreparedPlan,
  slos: readonly Slo[],
  channels: readonly { readonly id: string }[],
): void {
  if (routing !== undefined) requireNamedChannels(routing, channels, '/routing');
  for (const monitor of monitors) requireChannels(monitor, channels);
  for (const slo of slos) requireSloChannels(slo, channels);
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
    await lockById(tx, 'channel', channel.id);
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

/** Windows of maintenance, each complete. Throws `input.invalid` with the fields of all of them. */
function prepareWindows(inputs: readonly MaintenanceInput[], nowMs: number): MaintenanceWindow[] {
  const faults: FieldError[] = [];
  const ids = new Set<string>();
  const windows = inputs.flatMap((input, i) => {
    try {
      if (ids.has(input.id)) throw exists(input.id, '/id', null);
      ids.add(input.id);
      return [prepareWindow(input, nowMs)];
    } catch (error) {
      if (!isTrustMonitorError(error)) throw error;
      faults.push(...faultsOf(error, `/maintenance/${i}`));
      return [];
    }
  });
  const [first] = faults;
  if (first === undefined) return windows;
  throw new TrustMonitorError('input.invalid', first.detail, { fields: faults });
}

/** `slos` null: the plan says nothing of them. */
type WholePlan = PreparedPlan & { readonly slos: readonly Slo[] | null };

/** Prepares every monitor and objective, and reports the faults of all of them together. */
async function preparePlan(body: PlanInput, context: ApiContext): Promise<WholePlan> {
  const { prune = false, takeOver = false } = body;
  const channels = [...(await selectChannels(context.database)), ...(body.channels ?? [])];
  const faults: FieldError[] = await faultsOfChannels(body.channels ?? [], context);
  const monitorIds = new Set<string>();
  const monitors = prepareEach(body.monitors, '/monitors', faults, (input) => {
    const monitor = prepareMonitor(input, body.defaults ?? {}, context.keyRings.members);
    requireChannels(monitor, channels);
    requireNewId(monitor.definition, monitorIds, 'monitors');
    return monitor;
  });
  const sloIds = new Set<string>();
  const slos = prepareEach(body.slos ?? [], '/slos', faults, (input) => {
    const slo = completeSlo(input);
    requireSloChannels(slo, channels);
    requireNewId(slo, sloIds, 'objectives');
    return slo;
  });
  faults.push(
    ...faultsOfRouting(body, channels),
    ...(await faultsOfDependencies(monitors, body, context.database)),
    ...(await faultsOfSecrets(monitors, body, context.database)),
  );
  const [first] = faults;
  if (first !== undefined) {
    throw new TrustMonitorError('input.invalid', first.detail, { fields: faults });
  }
  const owner = ownerOf(body);
  return { owner, prune, takeOver, monitors, slos: body.slos === undefined ? null : slos };
}

/** Sealed to see whether they can be, and once more when they are written. */
async function faultsOfChannels(
  channels: readonly ChannelInput[],
  { database, secretBox }: ApiContext,
): Promise<FieldError[]> {
  const stored = new Map<string, StoredChannel | null>();
  for (const { id } of channels) stored.set(id, await selectChannel(database, id));
  const ids = new Set<string>();
  const faults: FieldError[] = [];
  prepareEach(channels, '/channels', faults, (channel) => {
    requireNewId(channel, ids, 'channels');
    return sealChannel(channel, stored.get(channel.id) ?? null, secretBox);
  });
  return faults;
}

/** What is to be written is completed once more when it is. */
function faultsOfRouting(
  { routing }: PlanInput,
  channels: readonly { readonly id: string }[],
): FieldError[] {
  if (routing === undefined) return [];
  try {
    completeRouting(routing);
    requireNamedChannels(routing, channels, '');
    return [];
  } catch (error) {
    if (!isTrustMonitorError(error)) throw error;
    return faultsOf(error, '/routing');
  }
}

function prepareEach<Input, Prepared>(
  inputs: readonly Input[],
  pointer: string,
  faults: FieldError[],
  prepare: (input: Input) => Prepared,
): Prepared[] {
  return inputs.flatMap((input, i) => {
    try {
      return [prepare(input)];
    } catch (error) {
      if (!isTrustMonitorError(error)) throw error;
      faults.push(...faultsOf(error, `${pointer}/${i}`));
      return [];
    }
  });
}

/** Of the plan as a whole: monitors may depend on others of it. */
async function faultsOfDependencies(
  prepared: readonly PreparedMonitor[],
  plan: PlanInput,
  db: Queryable,
): Promise<FieldError[]> {
  // One that is at fault itself has no place among the others.
  if (prepared.length < plan.monitors.length) return [];
  const written = prepared.map(({ definition }) => definition);
  const removed = await prunedBy(db, plan, written);
  const faults = await faultyDependencies(db, { written, removed });
  return faults.map(({ monitor, pointer, detail }) => ({
    pointer: `/monitors/${written.findIndex(({ id }) => id === monitor)}${pointer}`,
    detail,
  }));
}

/** Looked for here for their pointers, and once more when they are written. */
async function faultsOfSecrets(
  prepared: readonly PreparedMonitor[],
  plan: PlanInput,
  db: Queryable,
): Promise<FieldError[]> {
  if (prepared.length < plan.monitors.length) return [];
  const stored = await storedOf(db, prepared);
  const faults: FieldError[] = [];
  prepareEach(prepared, '/monitors', faults, (monitor) => {
    requireKept(monitor, stored.get(monitor.definition.id) ?? null);
    return monitor;
  });
  return faults;
}

/** Ids of what applying the plan would delete. */
async function prunedBy(
  db: Queryable,
  plan: PlanInput,
  written: readonly { readonly id: string }[],
): Promise<string[]> {
  if (plan.prune !== true) return [];
  const ids = written.map(({ id }) => id);
  return (await selectOwnedBeside(db, ownerOf(plan), ids)).map(({ id }) => id);
}

function requireNewId({ id }: { readonly id: string }, before: Set<string>, what: string): void {
  if (!before.has(id)) {
    before.add(id);
    return;
  }
  throw new TrustMonitorError('input.invalid', `two ${what} have the id ${id}`, { where: '/id' });
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
