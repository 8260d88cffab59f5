/** A channel of any kind, new or stored. */
import type { Channel, ChannelType } from '@trustmonitor/protocol';
import { useState, type SubmitEvent } from 'react';
import { usePart } from '../api/part.ts';
import type {
  ChannelField,
  ChannelText,
  channelOf,
  fieldsOf,
  hasSecret,
  textOfChannel,
} from '../editor/channels.ts';
import { CHANNEL_KINDS } from '../model/channel-kinds.ts';
import { useAct } from '../parts/act.tsx';
import { Fault, Loading, PartFault } from '../parts/basics.tsx';
import { Field, Select, TextArea } from '../parts/field.tsx';

interface Channels {
  readonly channelOf: typeof channelOf;
  readonly fieldsOf: typeof fieldsOf;
  readonly hasSecret: typeof hasSecret;
  readonly textOfChannel: typeof textOfChannel;
}

interface Props {
  /** Null for a new one. */
  readonly stored: Channel | null;
  readonly save: (channel: unknown) => Promise<void>;
  readonly onCancel?: () => void;
}

export function ChannelForm(props: Props) {
  const { part: channels, error } = usePart<Channels>(loadChannels);
  if (error !== null) return <PartFault error={error} />;
  if (channels === null) return <Loading what="the kinds" />;
  return <Form {...props} channels={channels} />;
}

const loadChannels = () => import('../editor/channels.ts');

function Form({ stored, save, onCancel, channels }: Props & { readonly channels: Channels }) {
  const [id, setId] = useState('');
  const [type, setType] = useState<ChannelType>(stored?.type ?? 'webhook');
  const [text, setText] = useState<ChannelText>(
    stored === null ? {} : channels.textOfChannel(stored),
  );
  const [forgotten, setForgotten] = useState<ReadonlySet<string>>(new Set());
  const act = useAct();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      const before = stored === null ? null : { channel: stored, forgotten };
      const name = stored?.id ?? id;
      await save(channels.channelOf(type, name, text, before));
      setId('');
      setText({});
    });
  };
  const forget = (name: string, isForgotten: boolean): void => {
    const others = [...forgotten].filter((other) => other !== name);
    setForgotten(new Set(isForgotten ? [...others, name] : others));
  };
  return (
    <>
      <form className="form-grid" onSubmit={submit}>
        {stored === null && (
          <>
            <Select label="Kind" value={type} options={CHANNEL_KINDS} onChoose={setType} />
            <Field label="Name" value={id} onText={setId} required placeholder="ops" />
          </>
        )}
        {channels.fieldsOf(type).map((field) => (
          <ChannelInput
            key={`${type} ${field.name}`}
            field={field}
            value={text[field.name] ?? ''}
            onText={(value) => setText({ ...text, [field.name]: value })}
            isStored={stored !== null && channels.hasSecret(stored, field.name)}
            isForgotten={forgotten.has(field.name)}
            onForget={(isForgotten) => forget(field.name, isForgotten)}
          />
        ))}
        <div className="actions">
          <button type="submit" className="primary" disabled={act.isBusy}>
            {stored === null ? 'Add it' : 'Save it'}
          </button>
          {onCancel !== undefined && (
            <button type="button" onClick={onCancel}>
              Leave it as it is
            </button>
          )}
        </div>
      </form>
      {act.error !== null && <Fault error={act.error} />}
    </>
  );
}

interface InputProps {
  readonly field: ChannelField;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly isStored: boolean;
  readonly isForgotten: boolean;
  readonly onForget: (isForgotten: boolean) => void;
}

function ChannelInput({ field, value, onText, ...secret }: InputProps) {
  const { shape, isRequired, hint, options } = field;
  const label = isRequired ? field.label : `${field.label} (optional)`;
  switch (shape) {
    case 'secret':
    case 'secrets':
      return <SecretInput {...{ field, label, value, onText, ...secret }} />;
    case 'choice': {
      const choices = [['', 'as usual'], ...options.map((one) => [one, one] as const)] as const;
      return <Select<string> {...{ label, value }} options={choices} onChoose={onText} />;
    }
    case 'long':
      return <TextArea {...{ label, value, onText, hint }} required={isRequired} />;
    default:
      return (
        <Field
          {...{ label, value, onText, hint }}
          required={isRequired}
          inputMode={shape === 'number' ? 'numeric' : 'text'}
          {...(field.name.toLowerCase().endsWith('url')
            ? { type: 'url', placeholder: 'https://' }
            : {})}
        />
      );
  }
}

/** Typed unseen, and never shown again. */
function SecretInput({
  field: { isRequired, hint },
  label,
  value,
  onText,
  isStored,
  isForgotten,
  onForget,
}: InputProps & { readonly label: string }) {
  return (
    <div>
      <Field
        {...{ label, value, onText, hint }}
        type="password"
        autoComplete="new-password"
        required={isRequired && !isStored}
        disabled={isForgotten}
        placeholder={isStored && !isForgotten ? 'stored; type to replace it' : ''}
      />
      {isStored && !isRequired && (
        <label>
          <input
            type="checkbox"
            checked={isForgotten}
            onChange={(event) => onForget(event.target.checked)}
          />{' '}
          Forget what is stored
        </label>
      )}
    </div>
  );
}
