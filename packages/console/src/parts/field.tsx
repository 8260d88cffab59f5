/** Labelled inputs. */
import { useId, type InputHTMLAttributes, type ReactNode } from 'react';

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  readonly label: ReactNode;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly hint?: ReactNode;
  readonly fault?: string | null;
}

export function Field({ label, value, onText, hint, fault = null, ...rest }: FieldProps) {
  const id = useId();
  const isFaulty = fault !== null;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        value={value}
        onChange={(event) => onText(event.target.value)}
        aria-describedby={`${id}-hint`}
        aria-invalid={isFaulty}
      />
      <p className={isFaulty ? 'hint faulty' : 'hint'} id={`${id}-hint`}>
        {fault ?? hint}
      </p>
    </div>
  );
}

interface AreaProps {
  readonly label: ReactNode;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly rows?: number;
  readonly hint?: ReactNode;
  readonly required?: boolean;
}

export function TextArea({ label, value, onText, rows = 3, hint, required = false }: AreaProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        value={value}
        required={required}
        spellCheck={false}
        onChange={(event) => onText(event.target.value)}
      />
      {hint !== undefined && <p className="hint">{hint}</p>}
    </div>
  );
}

interface SelectProps<T extends string> {
  readonly label: ReactNode;
  readonly value: T;
  readonly options: readonly (readonly [value: T, words: string])[];
  readonly onChoose: (value: T) => void;
}

export function Select<T extends string>({ label, value, options, onChoose }: SelectProps<T>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.target.value as T)}>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
