/** Where a region stands on the map: an operator's word for what its name does not say, or says wrongly. */
import { RegionLocationInput, Slug, Strict, TrustMonitorError } from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { insertAudit } from '../store/audit.ts';
import { deleteRegionLocation, upsertRegionLocation } from '../store/region-locations.ts';
import type { ApiContext } from './context.ts';
import { NO_CONTENT } from './page.ts';

const tags = ['network'];
const Path = Strict({ region: Slug });
const WRITE = { scope: 'agents:write' as const };

export function regionLocationRoutes(
  instance: FastifyInstance,
  { database, keyRings }: ApiContext,
): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const requireRegion = (region: string): void => {
    if (keyRings.members.some((member) => member.region === region)) return;
    throw new TrustMonitorError('not_found', `there is no region ${region}`);
  };

  app.put(
    '/v1/regions/:region/location',
    {
      config: WRITE,
      schema: {
        summary: 'Say where a region is; only maps go by it',
        tags,
        params: Path,
        body: RegionLocationInput,
        response: { 200: RegionLocationInput },
      },
    },
    async ({ params: { region }, body, actor }) => {
      requireRegion(region);
      await database.transaction(async (tx) => {
        await upsertRegionLocation(tx, region, body);
        const entry = { actor, action: 'region.located', subject: region };
        await insertAudit(tx, { ...entry, detail: { ...body } });
      });
      return body;
    },
  );

  app.delete(
    '/v1/regions/:region/location',
    {
      config: WRITE,
      schema: {
        summary: 'Forget it: the region is where its name says, if it says so',
        tags,
        params: Path,
        response: { 204: NO_CONTENT },
      },
    },
    async ({ params: { region }, actor }, reply) => {
      requireRegion(region);
      await database.transaction(async (tx) => {
        if (!(await deleteRegionLocation(tx, region))) return;
        await insertAudit(tx, { actor, action: 'region.location_forgotten', subject: region });
      });
      return reply.status(204).send(null);
    },
  );
}
