/** What was promised of a monitor, and how much of the budget is left. */
import type { SliStatus, SloResource } from '@trustmonitor/protocol';
import type { Page } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { duration, percent } from '../model/words.ts';
import { Link } from '../navigation.tsx';
import { Section } from '../parts/basics.tsx';
import { paths } from '../routes.ts';

export function MonitorPromises({ id }: { readonly id: string }) {
  const { data } = useResource<Page<SloResource>>(`/v1/slos?monitor=${encodeURIComponent(id)}`, {
    everyMs: 60_000,
  });
  if (data === null || data.data.length === 0) return null;
  return (
    <Section title="Service levels">
      <ul className="rows">
        {data.data.map((slo) => (
          <li key={slo.id}>
            <div className="grow">
              <Link to={paths.slo(slo.id)} className="name">
                {slo.name}
              </Link>
              {slo.indicators.map((indicator) => (
                <Budget key={indicator.sli} indicator={indicator} />
              ))}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function Budget({ indicator }: { readonly indicator: SliStatus }) {
  const { sli, target, ratio, budget, alert, measuredMs } = indicator;
  const left = Math.max(0, Math.min(1, budget.leftRatio));
  const tone = left <= 0 ? 'budget spent' : left < 0.25 ? 'budget low' : 'budget';
  return (
    <div className="budget-of">
      <p>
        {sli} {percent(ratio)} <span className="muted">of {target} %</span>
        {alert.state === 'burning' && <span className="tag alarming"> burning {alert.pair}</span>}
      </p>
      <div
        className={tone}
        role="meter"
        aria-label={`${sli}: budget left`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(left * 100)}
      >
        <span style={{ width: `${left * 100}%` }} />
      </div>
      <p className="muted">
        {budget.leftMs >= 0
          ? `${duration(budget.leftMs)} of ${duration(budget.totalMs)} left`
          : `overspent by ${duration(-budget.leftMs)}`}
        , measured over {duration(measuredMs)}
      </p>
    </div>
  );
}
