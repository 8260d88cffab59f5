/** A channel that is stored, to be changed: nobody overwrites what they have not seen. */
import type { Channel } from '@trustmonitor/protocol';
import { send, write } from '../api/client.ts';
import { useRead } from '../api/resource.ts';
import { Fault, Loading } from '../parts/basics.tsx';
import { ChannelForm } from './channel-form.tsx';

interface Read {
  readonly channel: Channel;
  readonly etag: string;
}

interface Props {
  readonly id: string;
  readonly onSaved: () => void;
  readonly onCancel: () => void;
}

export function EditChannel({ id, onSaved, onCancel }: Props) {
  const path = `/v1/channels/${encodeURIComponent(id)}`;
  const read = useRead<Read>(
    `edit ${path}`,
    async (signal) => {
      const response = await send('GET', path, { signal });
      const channel = (await response.json()) as Channel;
      return { channel, etag: response.headers.get('etag') ?? '*' };
    },
    { isKept: false },
  );
  if (read.error !== null) return <Fault error={read.error} retry={read.reload} />;
  if (read.data === null) return <Loading what="the channel" />;
  const { channel, etag } = read.data;
  return (
    <ChannelForm
      stored={channel}
      save={async (changed) => {
        await write('PUT', path, changed, { 'if-match': etag });
        onSaved();
      }}
      onCancel={onCancel}
    />
  );
}
