/** Ask something once, from every region or from some. */
import { useState, type SubmitEvent } from 'react';
import { ASKED_KINDS, EMPTY, checkOfDraft, type Draft } from '../model/draft.ts';
import { PageHead, Section } from '../parts/basics.tsx';
import { CheckResult, useCheck } from '../parts/check-result.tsx';
import { Assertions, Regions, Target } from './editor-form.tsx';

export function CheckPage() {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const checking = useCheck();
  const onChange = (changes: Partial<Draft>): void =>
    setDraft((before) => ({ ...before, ...changes }));
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    checking.start(checkOfDraft(draft));
  };
  const words = draft.regions.trim() === '' ? 'Ask all regions' : 'Ask these regions';
  return (
    <>
      <PageHead
        title="Check now"
        lead="Regions ask once and tell what they saw, as it comes in. Nothing is stored about a monitor; the results are signed like any other."
      />
      <Section title="What to ask">
        <form className="form-row" onSubmit={submit}>
          <Target kinds={ASKED_KINDS} {...{ draft, onChange }} />
          <Regions {...{ draft, onChange }} />
          <Assertions {...{ draft, onChange }} rows={2} />
          <button type="submit" className="primary" disabled={checking.isRunning}>
            {checking.isRunning ? 'Asking …' : words}
          </button>
        </form>
      </Section>
      <CheckResult checking={checking} />
    </>
  );
}
