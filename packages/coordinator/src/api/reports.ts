/** Signed reports of a monitor's uptime. */
import { REPORT_MEDIA_TYPE, Slug, Strict, TrustMonitorError } from '@trustmonitor/protocol';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { selectReport, selectReportedMonitor } from '../store/reports.ts';
import { makeReport } from '../uptime/make-report.ts';
import { requirePeriod } from '../uptime/period.ts';
import { reportFileOf } from '../uptime/report-file.ts';
import type { ApiContext } from './context.ts';
import { Instant, instantOf } from './page.ts';

const Path = Strict({ id: Slug });
const Query = Strict({
  from: Instant('The period begins with this time.'),
  to: Instant('The period ends before this time, which is past.'),
});

/** Its bytes are signed for, so it is sent as it was built; its schema is the verifier's. */
const FILE = {
  description: 'The report file',
  content: { [REPORT_MEDIA_TYPE]: { schema: Type.Unknown() } },
};

export function reportRoutes(instance: FastifyInstance, context: ApiContext): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const { database, keyRings, transparency, settings, clock } = context;
  const parts = { ...context, network: settings.network, isLogged: transparency !== null };

  app.get(
    '/v1/monitors/:id/report',
    {
      config: { scope: 'incidents:read' },
      schema: {
        summary:
          'The signed uptime of a period: made, signed and logged when first asked for, and the ' +
          'same from then on. Checked offline by `trustmonitor verify`',
        tags: ['reports'],
        params: Path,
        querystring: Query,
        response: { 200: FILE },
      },
    },
    async ({ params: { id: monitor }, query, actor }, reply) => {
      const period = periodOf(query);
      const known = await selectReportedMonitor(database, monitor);
      if (known === null) {
        throw new TrustMonitorError('not_found', `there is no monitor ${monitor}`);
      }
      let report = await selectReport(database, monitor, period);
      if (report === null) {
        const { rawDays } = settings.retention;
        requirePeriod(period, { nowMs: clock(), rawDays, createdAtMs: known.createdAtMs });
        const request = { monitor, revision: known.revision, period, actor };
        report = await makeReport(request, parts);
      }
      const bytes = await reportFileOf(database, report, keyRings.current);
      return reply
        .type(REPORT_MEDIA_TYPE)
        .header('content-disposition', `attachment; filename="uptime-${monitor}.json"`)
        .send(Buffer.from(bytes));
    },
  );
}

function periodOf({ from, to }: { from: string; to: string }) {
  return { fromMs: msOf(from, '/from'), toMs: msOf(to, '/to') };
}

function msOf(text: string, pointer: string): number {
  const at = instantOf(text, pointer);
  if (at === null) throw new TrustMonitorError('input.invalid', `${pointer} is missing`);
  return at.getTime();
}
