/** The fields that most monitors need; YAML has all of them. */
import { hasUrl, keepsObjects, type Draft, type Fields } from '../model/draft.ts';
import { Field, Select, TextArea } from '../parts/field.tsx';

const KINDS = [
  ['http', 'HTTP'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['dns', 'DNS'],
  ['icmp', 'Ping'],
  ['grpc', 'gRPC health'],
  ['websocket', 'WebSocket'],
  ['smtp', 'SMTP'],
  ['heartbeat', 'Heartbeat: a job reports in'],
] as const;

const MODES = [
  ['rotate', 'one region in turn; all of them when it fails'],
  ['all', 'every region in every round'],
] as const;

const WITHOUT_PORT = ['http', 'websocket', 'dns', 'icmp', 'heartbeat'];

interface FormProps {
  readonly draft: Draft;
  readonly written: Fields;
  readonly onChange: (changes: Partial<Draft>) => void;
}

export function EditorForm({ draft, written, onChange }: FormProps) {
  const set = (name: keyof Draft) => (value: string) => onChange({ [name]: value });
  return (
    <div className="editor-form">
      <What {...{ draft, onChange }} />
      <div className="pair">
        <Field label="Every" value={draft.interval} onText={set('interval')} hint="such as 30s" />
        <Field label="Timeout" value={draft.timeout} onText={set('timeout')} />
      </div>
      <Select<string>
        label="Rounds ask"
        value={draft.mode}
        options={MODES}
        onChoose={set('mode')}
      />
      <div className="pair">
        <Field
          label="Quorum"
          value={draft.quorum}
          onText={set('quorum')}
          hint="majority, 2/3, 60%, all, any or a number"
        />
        <Field
          label="Regions"
          value={draft.regions}
          onText={set('regions')}
          placeholder="all of them"
          hint="names or patterns, by commas"
        />
      </div>
      {keepsObjects(written) ? (
        <p className="muted">Its assertions are written as objects: edit them in YAML.</p>
      ) : (
        <TextArea
          label="Assertions, one a line"
          value={draft.assertions}
          onText={set('assertions')}
          rows={3}
          hint={
            <>
              such as <code>status == 200</code>, <code>latency &lt; 800ms</code>,{' '}
              <code>body contains "ok"</code>
            </>
          }
        />
      )}
      <div className="pair">
        <Field label="Group" value={draft.group} onText={set('group')} />
        <Field
          label="Promise, per cent of time"
          value={draft.slo}
          onText={set('slo')}
          placeholder="none"
          hint="such as 99.9, over 30 days"
        />
      </div>
    </div>
  );
}

/** What is looked at. */
function What({ draft, onChange }: Omit<FormProps, 'written'>) {
  const { type } = draft;
  const set = (name: keyof Draft) => (value: string) => onChange({ [name]: value });
  return (
    <>
      <Field
        label="Name"
        value={draft.name}
        onText={set('name')}
        required
        maxLength={200}
        autoFocus
      />
      <Select<string> label="Kind" value={type} options={KINDS} onChoose={set('type')} />
      {type !== 'heartbeat' && (
        <Field
          label={hasUrl(type) ? 'URL' : 'Host'}
          value={draft.target}
          onText={set('target')}
          required
        />
      )}
      {!WITHOUT_PORT.includes(type) && (
        <Field label="Port" value={draft.port} onText={set('port')} inputMode="numeric" required />
      )}
    </>
  );
}
