/** Forms of text: what was typed, sent as a whole, and emptied once it was taken. */
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { loadPart } from '../api/part.ts';
import type { Fields } from '../model/draft.ts';
import { useAct, type Acting } from './act.tsx';
import { Fault } from './basics.tsx';
import { TextArea } from './field.tsx';

type Values = Readonly<Record<string, string>>;

export interface Form<T extends Values> {
  readonly values: T;
  readonly act: Acting;
  readonly set: (changes: Partial<T>) => void;
  /** What an input of this name shows, and whom it tells. */
  readonly field: (name: keyof T) => {
    readonly value: string;
    readonly onText: (text: string) => void;
  };
  readonly onSubmit: (event: SubmitEvent) => void;
}

export function useForm<T extends Values>(empty: T, save: (values: T) => Promise<void>): Form<T> {
  const [values, setValues] = useState(empty);
  const act = useAct();
  const set = (changes: Partial<T>): void => setValues((before) => ({ ...before, ...changes }));
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      await save(values);
      setValues(empty);
    });
  };
  return {
    ...{ values, act, set, onSubmit },
    field: (name) => ({
      value: values[name] ?? '',
      onText: (text) => set({ [name]: text } as unknown as Partial<T>),
    }),
  };
}

interface YamlProps {
  readonly label: string;
  readonly hint: ReactNode;
  /** What stands there now; empty for what is new. */
  readonly text: string;
  readonly example: string;
  readonly action: string;
  /** Told what was written; nothing at all is an empty mapping. */
  readonly save: (written: Fields) => Promise<void>;
  /** Where the form is there for a while only. */
  readonly onCancel?: () => void;
}

/** What has a shape of its own, as a file would have it. */
export function YamlForm(props: YamlProps) {
  const { label, hint, text: before, example, action, save, onCancel } = props;
  const [text, setText] = useState(before);
  const act = useAct();
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      // Loaded with the schemas and YAML, which weigh more than the page.
      const { fromYaml } = await loadPart(() => import('../editor/written.ts'));
      await save(text.trim() === '' ? {} : fromYaml(text));
      if (before === '') setText('');
    });
  };
  return (
    <form className="yaml-form" onSubmit={onSubmit}>
      <TextArea
        label={label}
        value={text}
        onText={setText}
        rows={Math.min(20, Math.max(6, text.split('\n').length + 1))}
        hint={hint}
      />
      <div className="form-row">
        <button type="submit" className="primary" disabled={act.isBusy || text === before}>
          {action}
        </button>
        {text === '' && (
          <button type="button" onClick={() => setText(example)}>
            Begin with an example
          </button>
        )}
        {onCancel !== undefined && (
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
      {act.error !== null && <Fault error={act.error} />}
    </form>
  );
}
