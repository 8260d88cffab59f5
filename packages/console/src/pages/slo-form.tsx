/** Objectives about several monitors, to be written, changed and removed. */
import type { SloDetail } from '@trustmonitor/protocol';
import { remove, write } from '../api/client.ts';
import { loadPart } from '../api/part.ts';
import { useRead } from '../api/resource.ts';
import { Link, navigate } from '../navigation.tsx';
import { ActButton } from '../parts/act.tsx';
import { Fault, Loading, Section } from '../parts/basics.tsx';
import { YamlForm } from '../parts/form.tsx';
import { paths } from '../routes.ts';

const EXAMPLE = `name: Checkout
selector: { groups: [Payments] }
target: 99.9
window: 30d
alerts: [{ notify: ops }]`;

const HINT = (
  <>
    <code>selector</code> takes monitors, groups and labels; <code>latency</code>:{' '}
    {'{ threshold: 800ms, target: 99 }'}. Without <code>alerts</code> every channel hears when the
    budget burns.
  </>
);

export function NewSlo({ onMade }: { readonly onMade: () => void }) {
  return (
    <Section
      title="Promise something"
      aside="of several monitors; one alone has its own in its editor"
    >
      <YamlForm
        label="Objective (YAML)"
        hint={HINT}
        action="Promise it"
        example={EXAMPLE}
        text=""
        save={async (written) => {
          await write('POST', '/v1/slos', written);
          onMade();
        }}
      />
    </Section>
  );
}

interface Props {
  readonly slo: SloDetail;
  readonly reload: () => void;
}

export function ChangeSlo({ slo, reload }: Props) {
  const { id, monitor, owner } = slo;
  if (monitor !== null) {
    return (
      <p className="muted">
        It stands in its monitor: <Link to={paths.edit(monitor)}>edit that</Link>.
      </p>
    );
  }
  if (owner !== null) {
    return (
      <p className="muted">It was applied by “{owner}”: change it in the file that it stands in.</p>
    );
  }
  return (
    <Section
      title="Change it"
      aside={
        <ActButton
          className="danger"
          confirm="Its budget is counted no more. Remove it?"
          work={async () => {
            await remove(`/v1/slos/${id}`);
            navigate(paths.slos);
          }}
        >
          Remove
        </ActButton>
      }
    >
      <ChangeForm {...{ slo, reload }} />
    </Section>
  );
}

function ChangeForm({ slo, reload }: Props) {
  const { id, name, selector, level, alerts } = slo;
  // Of what is written only: what is measured changes all the time, and must not clear the form.
  const key = `edit slo ${JSON.stringify([id, name, selector, level, alerts])}`;
  const text = useRead<string>(
    key,
    async () => {
      const { writtenSloOf, yamlOf } = await loadPart(() => import('../editor/written.ts'));
      return yamlOf(writtenSloOf(slo));
    },
    { isKept: false },
  );
  if (text.error !== null) return <Fault error={text.error} retry={text.reload} />;
  if (text.data === null) return <Loading what="it" />;
  return (
    <YamlForm
      key={key}
      label="Objective (YAML)"
      hint={HINT}
      action="Save it"
      example={EXAMPLE}
      text={text.data}
      save={async (written) => {
        await write('PUT', `/v1/slos/${id}`, written);
        reload();
      }}
    />
  );
}
