/** The fields that most monitors need; YAML has all of them. */
import {
  KINDS,
  hasUrl,
  isHeartbeat,
  keepsObjects,
  ofKind,
  usualPort,
  type Draft,
  type Fields,
} from '../model/draft.ts';
import { Field, Select, TextArea } from '../parts/field.tsx';

const MODES = [
  ['rotate', 'one region in turn; all of them when it fails'],
  ['all', 'every region in every round'],
] as const;

interface FormProps {
  readonly draft: Draft;
  readonly written: Fields;
  readonly onChange: (changes: Partial<Draft>) => void;
}

const setterOf = (onChange: FormProps['onChange']) => (name: keyof Draft) => (value: string) =>
  onChange({ [name]: value });

export function EditorForm({ draft, written, onChange }: FormProps) {
  const set = setterOf(onChange);
  return (
    <div className="editor-form">
      <Field
        label="Name"
        value={draft.name}
        onText={set('name')}
        required
        maxLength={200}
        autoFocus
      />
      <Target kinds={KINDS} {...{ draft, onChange }} />
      {isHeartbeat(draft.type) ? (
        <Reports {...{ draft, onChange }} />
      ) : (
        <Votes {...{ draft, written, onChange }} />
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

type PartProps = Omit<FormProps, 'written'>;

/** Of a job that reports in by itself. */
function Reports({ draft, onChange }: PartProps) {
  const set = setterOf(onChange);
  return (
    <>
      <div className="pair">
        <Field
          label="Period"
          value={draft.period}
          onText={set('period')}
          required
          hint="how often the job reports, such as 1h or 1d"
        />
        <Field
          label="Grace"
          value={draft.grace}
          onText={set('grace')}
          placeholder="a tenth of the period, 1m at least"
          hint="how much later it may come"
        />
      </div>
      <Field
        label="Looked at every"
        value={draft.interval}
        onText={set('interval')}
        hint="such as 30s"
      />
    </>
  );
}

/** Of what regions ask and vote about. */
function Votes({ draft, written, onChange }: FormProps) {
  const set = setterOf(onChange);
  return (
    <>
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
        <Regions {...{ draft, onChange }} />
      </div>
      {keepsObjects(written) ? (
        <p className="muted">Its assertions are written as objects: edit them in YAML.</p>
      ) : (
        <Assertions {...{ draft, onChange }} rows={3} />
      )}
    </>
  );
}

export function Regions({ draft, onChange }: PartProps) {
  return (
    <Field
      label="Regions"
      value={draft.regions}
      onText={(regions) => onChange({ regions })}
      placeholder="all of them"
      hint="names or patterns, by commas"
    />
  );
}

export function Assertions({ draft, onChange, rows }: PartProps & { readonly rows: number }) {
  return (
    <TextArea
      label="Assertions, one a line"
      value={draft.assertions}
      onText={(assertions) => onChange({ assertions })}
      rows={rows}
      hint={
        <>
          such as <code>status == 200</code>, <code>latency &lt; 800ms</code>,{' '}
          <code>body contains "ok"</code>
        </>
      }
    />
  );
}

interface TargetProps extends PartProps {
  readonly kinds: readonly (readonly [kind: string, words: string])[];
}

/** What is looked at. */
export function Target({ draft, onChange, kinds }: TargetProps) {
  const { type } = draft;
  const port = usualPort(type);
  const set = setterOf(onChange);
  return (
    <>
      <Select<string>
        label="Kind"
        value={type}
        options={kinds}
        onChoose={(kind) => onChange(ofKind(draft, kind))}
      />
      {!isHeartbeat(type) && (
        <Field
          label={hasUrl(type) ? 'URL' : 'Host'}
          name={hasUrl(type) ? 'url' : 'host'}
          value={draft.target}
          onText={set('target')}
          required
        />
      )}
      {port !== undefined && (
        <Field
          label="Port"
          value={draft.port}
          onText={set('port')}
          inputMode="numeric"
          pattern="[0-9]*"
          required={port === null}
          placeholder={port ?? ''}
        />
      )}
    </>
  );
}
