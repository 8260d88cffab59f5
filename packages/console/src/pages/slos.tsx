/** What was promised, and what is left of it. */
import type { SliStatus, SloDetail, SloResource } from '@trustmonitor/protocol';
import { getAll } from '../api/client.ts';
import { useRead, useResource } from '../api/resource.ts';
import { duration, percent, plural } from '../model/words.ts';
import { Link } from '../navigation.tsx';
import { Empty, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Mark } from '../parts/mark.tsx';
import { Moment } from '../parts/time.tsx';
import { paths } from '../routes.ts';
import { useMay } from '../session.tsx';
import { Budget } from './monitor-slo.tsx';
import { ChangeSlo, NewSlo } from './slo-form.tsx';

export function SlosPage() {
  const mayWrite = useMay('monitors:write');
  const slos = useRead<SloResource[]>(
    'slos',
    (signal) => getAll<SloResource>('/v1/slos', 1_000, signal),
    { everyMs: 30_000 },
  );
  return (
    <>
      <PageHead
        title="Service levels"
        lead="What was promised of monitors and groups, and how much of the error budget is left."
      />
      {slos.error !== null && <Fault error={slos.error} retry={slos.reload} />}
      {slos.data === null && slos.error === null && <Loading what="service levels" />}
      {slos.data?.length === 0 && (
        <Empty>
          Nothing is promised yet. Give a monitor <code>slo: {'{ target: 99.9 }'}</code> in the
          editor or in its YAML, or write here what is promised of several.
        </Empty>
      )}
      <ul className="region-cards wide">
        {slos.data?.map((slo) => (
          <li key={slo.id} className="card">
            <h2>
              <Link to={paths.slo(slo.id)}>{slo.name}</Link>
            </h2>
            <p className="muted">
              {plural(slo.monitors, 'monitor')} · over {duration(slo.level.windowMs)}
            </p>
            {slo.indicators.map((indicator) => (
              <Budget key={indicator.sli} indicator={indicator} />
            ))}
          </li>
        ))}
      </ul>
      {mayWrite && <NewSlo onMade={slos.reload} />}
    </>
  );
}

export function SloPage({ id }: { readonly id: string }) {
  const mayWrite = useMay('monitors:write');
  const slo = useResource<SloDetail>(`/v1/slos/${encodeURIComponent(id)}`, { everyMs: 30_000 });
  if (slo.data === null) {
    return slo.error === null ? (
      <Loading what="it" />
    ) : (
      <Fault error={slo.error} retry={slo.reload} />
    );
  }
  const { name, monitor, indicators, spending, level } = slo.data;
  return (
    <>
      {slo.error !== null && <Fault error={slo.error} retry={slo.reload} />}
      <PageHead
        over={<Link to={paths.slos}>Service levels</Link>}
        title={name}
        lead={
          <p>
            {monitor === null ? (
              plural(slo.data.monitors, 'monitor')
            ) : (
              <Link to={paths.monitor(monitor)}>{monitor}</Link>
            )}{' '}
            · over {duration(level.windowMs)}
          </p>
        }
      />
      {indicators.map((indicator) => (
        <Section key={indicator.sli} title={`Budget of ${indicator.sli}`}>
          <Budget indicator={indicator} />
          <Burns indicator={indicator} />
        </Section>
      ))}
      <Spending spending={spending} />
      {mayWrite && <ChangeSlo slo={slo.data} reload={slo.reload} />}
    </>
  );
}

function Spending({ spending }: Pick<SloDetail, 'spending'>) {
  return (
    <Section title="What spent it">
      {spending.incidents.length === 0 && spending.besideMs === 0 ? (
        <p className="muted">Nothing has.</p>
      ) : (
        <ul className="rows">
          {spending.incidents.map((one) => (
            <li key={one.incident}>
              <div className="grow">
                <Link to={paths.incident(one.incident)}>{one.monitor}</Link> {one.reason}
                <p className="muted">
                  <Moment at={one.from} />
                </p>
              </div>
              <span>
                {duration(one.spentMs)} ({percent(one.spentRatio)})
              </span>
            </li>
          ))}
          {spending.besideMs > 0 && (
            <li>
              <span className="grow">In no incident: bad rounds that were not confirmed</span>
              <span>{duration(spending.besideMs)}</span>
            </li>
          )}
        </ul>
      )}
    </Section>
  );
}

function Burns({ indicator: { burn } }: { readonly indicator: SliStatus }) {
  const rate = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
  return (
    <div className="table-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Burn</th>
            <th scope="col" className="figure">
              long window
            </th>
            <th scope="col" className="figure">
              short window
            </th>
            <th scope="col">Alert</th>
          </tr>
        </thead>
        <tbody>
          {burn.map(({ pair, longMs, shortMs, longRate, shortRate, firing }) => (
            <tr key={pair}>
              <th scope="row">{pair}</th>
              <td className="figure">
                {rate(longRate)} <span className="muted">in {duration(longMs)}</span>
              </td>
              <td className="figure">
                {rate(shortRate)} <span className="muted">in {duration(shortMs)}</span>
              </td>
              <td>
                {firing ? (
                  <>
                    <Mark tone="down" label="" size={13} /> burning
                  </>
                ) : (
                  'quiet'
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
