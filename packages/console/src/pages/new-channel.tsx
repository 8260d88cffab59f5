import { write } from '../api/client.ts';
import { Section } from '../parts/basics.tsx';
import { ChannelForm } from './channel-form.tsx';

export function NewChannel({ onMade }: { readonly onMade: () => void }) {
  return (
    <Section title="Add a channel">
      <ChannelForm
        stored={null}
        save={async (channel) => {
          await write('POST', '/v1/channels', channel);
          onMade();
        }}
      />
    </Section>
  );
}
