/** Where a region stands on the map, and how to say that it is elsewhere. */
import type { RegionResource } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { remove, write } from '../api/client.ts';
import { ActButton, useAct } from '../parts/act.tsx';
import { Fault } from '../parts/basics.tsx';
import { Field } from '../parts/field.tsx';

interface PlaceProps {
  readonly region: RegionResource;
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

export function RegionPlace({ region, mayWrite, reload }: PlaceProps) {
  const { location } = region;
  if (!mayWrite) return <p className="muted">{wordsOf(location)}</p>;
  return (
    <details className="region-place">
      <summary>{wordsOf(location)}</summary>
      <PlaceForm region={region} reload={reload} />
    </details>
  );
}

function wordsOf(location: RegionResource['location']): string {
  if (location === null) return 'Not on the map: its name does not say where it is';
  const { latitude, longitude, source } = location;
  const north = `${Math.abs(latitude).toFixed(1)}° ${latitude < 0 ? 'S' : 'N'}`;
  const east = `${Math.abs(longitude).toFixed(1)}° ${longitude < 0 ? 'W' : 'E'}`;
  return `On the map at ${north}, ${east}${source === 'name' ? ', by its name' : ''}`;
}

function PlaceForm({ region: { region, location }, reload }: Omit<PlaceProps, 'mayWrite'>) {
  const [latitude, setLatitude] = useState(String(location?.latitude ?? ''));
  const [longitude, setLongitude] = useState(String(location?.longitude ?? ''));
  const act = useAct();
  const at = `/v1/regions/${region}/location`;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      await write('PUT', at, { latitude: Number(latitude), longitude: Number(longitude) });
      reload();
    });
  };
  const number = { type: 'number', step: 'any', required: true, inputMode: 'decimal' } as const;
  return (
    <form className="form-row" onSubmit={submit}>
      <Field
        {...number}
        {...{ label: 'Latitude', min: -90, max: 90, value: latitude, onText: setLatitude }}
        hint="North is positive"
      />
      <Field
        {...number}
        {...{ label: 'Longitude', min: -180, max: 180, value: longitude, onText: setLongitude }}
        hint="East is positive"
      />
      <button type="submit" disabled={act.isBusy}>
        Place it
      </button>
      {location?.source === 'set' && (
        <ActButton
          className="quiet"
          work={async () => {
            await remove(at);
            reload();
          }}
        >
          Go by its name
        </ActButton>
      )}
      {act.error !== null && <Fault error={act.error} />}
    </form>
  );
}
