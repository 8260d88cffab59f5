/** Whose signatures count: the keys of the ring, what each is for, and whether it is in force. */
import type { Envelope, RingKey } from '@trustmonitor/protocol';
import { useResource } from '../api/resource.ts';
import { newestRing, stateOfKey, type KeyState } from '../model/ring.ts';
import { plural, shortDigest } from '../model/words.ts';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Moment, useNow } from '../parts/time.tsx';

const RING = '/.well-known/trustmonitor/keyring.json';
const TONES: Readonly<Record<KeyState, Tone>> = {
  'in force': 'up',
  'not yet': 'pending',
  expired: 'unknown',
  revoked: 'down',
};

export function Keys() {
  const { data, error, reload } = useResource<readonly Envelope[]>(RING, { everyMs: 60_000 });
  const ring = data === null ? null : newestRing(data);
  return (
    <Section title="Keys" aside={ring === null ? undefined : `version ${ring.version} of the ring`}>
      {error !== null && <Fault error={error} retry={reload} />}
      {data === null && error === null && <Loading what="the key ring" />}
      {ring !== null && (
        <>
          <p className="muted">
            {ring.root.threshold} of {plural(ring.root.keys.length, 'root key')} signed it, until{' '}
            <Moment at={ring.expires} show="day" />.
            {ring.delegation !== undefined &&
              ` In their place the enrolment key lets agents into ${plural(ring.delegation.regions.length, 'region')}.`}
          </p>
          <ul className="rows">
            {ring.keys.map((key) => (
              <Key key={`${key.kid} ${key.role}`} ringKey={key} />
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

function Key({ ringKey }: { readonly ringKey: RingKey }) {
  const { kid, role, agent, region, group, validFor } = ringKey;
  const state = stateOfKey(ringKey, useNow());
  const whose = [agent, region, group].filter((name) => name !== null).join(' · ');
  return (
    <li>
      <Mark tone={TONES[state]} label="" size={14} />
      <div className="grow">
        <b>{role}</b> {whose} {state !== 'in force' && <span className="tag">{state}</span>}
        <p className="muted">
          <code title={kid}>{shortDigest(kid)}</code> {state} from{' '}
          <Moment at={validFor.start} show="day" />
          {validFor.end !== null && (
            <>
              {' '}
              to <Moment at={validFor.end} show="day" />
            </>
          )}
        </p>
      </div>
    </li>
  );
}
