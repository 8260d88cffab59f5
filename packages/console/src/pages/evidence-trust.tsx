/** Whose word the verification rests on. */
import { useState } from 'react';
import { pinRoot } from '../evidence/pinned-root.ts';
import { asError } from '../model/errors.ts';
import { Fault, Section } from '../parts/basics.tsx';
import { TextArea } from '../parts/field.tsx';

/** `pinned`: a person gave it to this browser. `served`: the server that is to be checked did. */
export type Trust = 'pinned' | 'served';

interface TrustProps {
  readonly network: string;
  readonly trust: Trust;
  readonly verifier: { readRoot: (text: string) => unknown } | null;
  readonly onPinned: (text: string | null) => void;
}

export function TrustChoice({ network, trust, verifier, onPinned }: TrustProps) {
  const [text, setText] = useState('');
  const [error, setError] = useState<Error | null>(null);
  const pin = (given: string): void => {
    if (verifier === null) return;
    try {
      verifier.readRoot(given);
      pinRoot(network, given);
      setError(null);
      setText('');
      onPinned(given);
    } catch (fault) {
      setError(asError(fault));
    }
  };
  const unpin = (): void => {
    pinRoot(network, null);
    onPinned(null);
  };
  return (
    <Section title="Whom you trust">
      {trust === 'pinned' ? (
        <>
          <p>
            A root for <b>{network}</b> is pinned in this browser. Whatever this server says, only
            what that root vouches for passes.
          </p>
          <button type="button" onClick={unpin}>
            Forget it
          </button>
        </>
      ) : (
        <>
          <p>
            The root comes from this server.{' '}
            <b>That proves that the file is consistent, and no more.</b> Paste the root file that
            the operator gave you by a way of its own.
          </p>
          <TextArea label="Root file (JSON)" value={text} onText={setText} rows={3} />
          <div className="actions">
            <button type="button" disabled={text.trim() === ''} onClick={() => pin(text)}>
              Pin it
            </button>
            <label className="button">
              Choose a file
              <input
                type="file"
                className="spoken"
                accept=".json,application/json"
                onChange={(event) => {
                  const file = event.target.files?.[0];
                  if (file !== undefined) void file.text().then(pin);
                }}
              />
            </label>
          </div>
          {error !== null && <Fault error={error} />}
        </>
      )}
    </Section>
  );
}
