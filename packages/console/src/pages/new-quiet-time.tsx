/** Forms for a window of maintenance and for a silence. */
import { write } from '../api/client.ts';
import { noWindow, windowOf, type WindowText } from '../model/quiet-time.ts';
import { ALL_MONITORS, selectorOf, type SelectorText } from '../model/selector.ts';
import { Fault, Section } from '../parts/basics.tsx';
import { Field, Select } from '../parts/field.tsx';
import { useForm, type Form } from '../parts/form.tsx';

interface FormProps {
  readonly onMade: () => void;
}

const SCHEDULES = [
  ['once', 'once'],
  ['cron', 'again and again'],
] as const;

const EFFECTS = [
  ['excluded', 'is left out of it'],
  ['counted', 'counts like any other'],
] as const;

export function NewMaintenance({ onMade }: FormProps) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const form = useForm(noWindow(timeZone), async (values) => {
    await write('POST', '/v1/maintenance', windowOf(values));
    onMade();
  });
  const { field, values } = form;
  return (
    <Section title="Plan maintenance" aside="announced at once, and not to be changed once begun">
      <form className="form-grid" onSubmit={form.onSubmit}>
        <Field label="Name" {...field('id')} required placeholder="db-upgrade" />
        <Which {...{ field }} />
        <Select
          label="It comes"
          value={values.schedule}
          options={SCHEDULES}
          onChoose={(schedule) => form.set({ schedule })}
        />
        {values.schedule === 'once' ? <Once {...{ field }} /> : <Recurring {...{ field }} />}
        <Field
          label="Reason, public"
          {...field('reason')}
          required
          hint="Outsiders read it: name no people."
        />
        <Select
          label="For uptime, its time"
          value={values.uptime}
          options={EFFECTS}
          onChoose={(uptime) => form.set({ uptime })}
        />
        <button type="submit" className="primary" disabled={form.act.isBusy}>
          Announce it
        </button>
      </form>
      {form.act.error !== null && <Fault error={form.act.error} />}
    </Section>
  );
}

type FieldsProps = Pick<Form<WindowText>, 'field'>;

function Once({ field }: FieldsProps) {
  return (
    <>
      <Field label="From" type="datetime-local" {...field('from')} required />
      <Field label="Until" type="datetime-local" {...field('until')} required />
    </>
  );
}

function Recurring({ field }: FieldsProps) {
  return (
    <>
      <Field
        label="Cron"
        {...field('cron')}
        required
        placeholder="0 3 * * 0"
        hint="minute, hour, day of the month, month, day of the week"
      />
      <Field label="Duration" {...field('duration')} required placeholder="2h" />
      <Field label="Time zone" {...field('timezone')} required placeholder="Europe/Berlin" />
    </>
  );
}

interface WhichProps {
  readonly field: (name: keyof SelectorText) => ReturnType<FieldsProps['field']>;
}

function Which({ field }: WhichProps) {
  return (
    <>
      <Field
        label="Monitors"
        {...field('monitors')}
        placeholder="all of them"
        hint="ids or patterns, by commas"
      />
      <Field label="Of the groups" {...field('groups')} placeholder="any" hint="by commas" />
      <Field
        label="With the labels"
        {...field('labels')}
        placeholder="any"
        hint="team=payments, by commas"
      />
    </>
  );
}

const LENGTHS = [
  ['30', 'half an hour'],
  ['60', 'an hour'],
  ['240', '4 hours'],
  ['1440', 'a day'],
] as const;

const NO_SILENCE = { ...ALL_MONITORS, reason: '', minutes: '60' };

export function NewSilence({ onMade }: FormProps) {
  const form = useForm(NO_SILENCE, async ({ reason, minutes, ...which }) => {
    const until = new Date(Date.now() + Number(minutes) * 60_000).toISOString();
    await write('POST', '/v1/silences', { match: selectorOf(which), until, reason });
    onMade();
  });
  return (
    <Section title="Silence alerts">
      <form className="form-grid" onSubmit={form.onSubmit}>
        <Which field={form.field} />
        <Select<string>
          label="For"
          value={form.values.minutes}
          options={LENGTHS}
          onChoose={(minutes) => form.set({ minutes })}
        />
        <Field label="Reason" {...form.field('reason')} required />
        <button type="submit" className="primary" disabled={form.act.isBusy}>
          Silence them
        </button>
      </form>
      {form.act.error !== null && <Fault error={form.act.error} />}
    </Section>
  );
}
