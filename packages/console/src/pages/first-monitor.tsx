/** An empty system: from a URL to a verdict. */
import type { MonitorResource, RegionResource } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { write } from '../api/client.ts';
import { plural } from '../model/words.ts';
import { Link, navigate } from '../navigation.tsx';
import { useAct } from '../parts/act.tsx';
import { Fault } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';
import { paths } from '../routes.ts';

export function FirstMonitor({ regions }: { readonly regions: readonly RegionResource[] }) {
  const [url, setUrl] = useState('https://');
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      const made = await write<MonitorResource>('POST', '/v1/monitors', inputOf(url));
      navigate(paths.monitor(made.id));
    });
  };
  const alive = regions.filter((region) => region.alive > 0);
  return (
    <div className="first">
      <h1>What shall be watched?</h1>
      <p className="lead">
        {alive.length === 0 ? (
          <>
            No region is here yet: agents that run somewhere have to join first.{' '}
            <Link to={paths.regions}>Regions</Link> gives the command that an agent joins with.
          </>
        ) : (
          `${plural(alive.length, 'region')} will ask it every 30 seconds and decide together: ${alive.map(({ region }) => region).join(', ')}.`
        )}
      </p>
      <form onSubmit={submit}>
        <Field
          label="URL"
          type="url"
          inputMode="url"
          required
          autoFocus
          value={url}
          onText={setUrl}
          hint="The first verdict comes within seconds. Everything else can be set later."
        />
        <button type="submit" className="primary" disabled={act.isBusy}>
          Watch it
        </button>
      </form>
      {act.error !== null && <Fault error={act.error} />}
      <p className="muted">
        Something other than a web page, or more of them?{' '}
        <Link to={paths.newMonitor}>Use the editor</Link>, or write <code>trustmonitor.yaml</code>{' '}
        and run <code>trustmonitor apply</code>.
      </p>
    </div>
  );
}

/** Named after its host; the server checks the URL and says what is wrong with it. */
function inputOf(url: string): { name: string; url: string } {
  const name = URL.canParse(url) ? new URL(url).host : url;
  return { name: name === '' ? 'First monitor' : name, url };
}
