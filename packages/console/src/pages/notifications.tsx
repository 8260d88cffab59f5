/** Whom is told, whether that works, and what was sent. */
import type { Channel, DeliveryResource } from '@trustmonitor/protocol';
import { useState } from 'react';
import { getAll, remove, write } from '../api/client.ts';
import { useRead } from '../api/resource.ts';
import { Link } from '../navigation.tsx';
import { ActButton, useAct } from '../parts/act.tsx';
import { Empty, Fault, Loading, PageHead, Section } from '../parts/basics.tsx';
import { Mark, type Tone } from '../parts/mark.tsx';
import { Moment } from '../parts/time.tsx';
import { paths } from '../routes.ts';
import { useMay } from '../session.tsx';
import { EditChannel } from './edit-channel.tsx';
import { More, useList } from './more.tsx';
import { NewChannel } from './new-channel.tsx';
import { RoutingSection } from './routing.tsx';

export function NotificationsPage() {
  const mayWrite = useMay('channels:write');
  const channels = useRead<Channel[]>('channels', (signal) =>
    getAll<Channel>('/v1/channels', 500, signal),
  );
  return (
    <>
      <PageHead
        title="Notifications"
        lead="Messages leave an outbox that is written with the incident, and are tried again until they arrive."
      />
      {channels.error !== null && <Fault error={channels.error} retry={channels.reload} />}
      {channels.data === null && channels.error === null && <Loading what="channels" />}
      {channels.data?.length === 0 && (
        <Empty>Nobody is told of anything yet: there is no channel.</Empty>
      )}
      {channels.data?.map((channel) => (
        <ChannelSection
          key={channel.id}
          channel={channel}
          mayWrite={mayWrite}
          reload={channels.reload}
        />
      ))}
      {mayWrite && <NewChannel onMade={channels.reload} />}
      <RoutingSection mayWrite={mayWrite} />
    </>
  );
}

interface ChannelProps {
  readonly channel: Channel;
  readonly mayWrite: boolean;
  readonly reload: () => void;
}

function ChannelSection({ channel, mayWrite, reload }: ChannelProps) {
  const path = `/v1/channels/${channel.id}`;
  const deliveries = useList<DeliveryResource>(`${path}/deliveries`, {}, 10, {
    everyMs: 10_000,
    on: ({ type }) => type.startsWith('incident.'),
  });
  const [tested, setTested] = useState<DeliveryResource | null>(null);
  const [isChanging, setChanging] = useState(false);
  const act = useAct();
  const test = async (): Promise<void> => {
    setTested(await write<DeliveryResource>('POST', `${path}/test`, {}));
    deliveries.reload();
  };
  return (
    <Section
      title={channel.id}
      aside={
        <span className="actions">
          {channel.type}
          {mayWrite && (
            <>
              <button type="button" disabled={act.isBusy} onClick={() => act.run(test)}>
                {act.isBusy ? 'Sending …' : 'Send a test'}
              </button>
              <button
                type="button"
                aria-expanded={isChanging}
                onClick={() => setChanging(!isChanging)}
              >
                Change
              </button>
              <Remove path={path} onRemoved={reload} />
            </>
          )}
        </span>
      }
    >
      {isChanging && (
        <EditChannel
          id={channel.id}
          onSaved={() => {
            setChanging(false);
            reload();
          }}
          onCancel={() => setChanging(false)}
        />
      )}
      {act.error !== null && <Fault error={act.error} />}
      {tested !== null && <Tested delivery={tested} />}
      {deliveries.error !== null && <Fault error={deliveries.error} retry={deliveries.reload} />}
      {deliveries.rows === null ? (
        deliveries.error === null && <Loading what="what was sent" />
      ) : (
        <Deliveries deliveries={deliveries.rows} />
      )}
      <More list={deliveries} what={`messages to ${channel.id}`} />
    </Section>
  );
}

function Tested({ delivery: { state, lastError } }: { readonly delivery: DeliveryResource }) {
  return (
    <p role="status">
      {state === 'delivered' ? (
        <>
          <Mark tone="up" label="" size={14} /> The receiver took the test.
        </>
      ) : (
        <>
          <Mark tone="down" label="" size={14} /> The test did not arrive: {lastError}
        </>
      )}
    </p>
  );
}

interface RemoveProps {
  readonly path: string;
  readonly onRemoved: () => void;
}

function Remove({ path, onRemoved }: RemoveProps) {
  return (
    <ActButton
      className="danger"
      confirm="Nobody is told by it any more. Remove it?"
      work={async () => {
        await remove(path);
        onRemoved();
      }}
    >
      Remove
    </ActButton>
  );
}

const TONES: Readonly<Record<DeliveryResource['state'], Tone>> = {
  delivered: 'up',
  pending: 'pending',
  given_up: 'down',
};

function Deliveries({ deliveries }: { readonly deliveries: readonly DeliveryResource[] }) {
  if (deliveries.length === 0) return <p className="muted">Nothing has been sent to it.</p>;
  return (
    <ul className="rows">
      {deliveries.map(({ id, type, state, incident, createdAt, attempts, lastError }) => (
        <li key={id}>
          <Mark tone={TONES[state]} label={state.replace('_', ' ')} size={14} />
          <div className="grow">
            {type} {incident !== null && <Link to={paths.incident(incident)}>incident</Link>}
            {state !== 'delivered' && lastError !== null && <p className="muted">{lastError}</p>}
          </div>
          <span className="muted">
            {attempts > 1 && `${attempts} attempts · `}
            <Moment at={createdAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}
