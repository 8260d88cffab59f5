/** Parts of the console that are loaded when they are looked at. */
import { useEffect, useState } from 'react';
import { asError } from '../model/errors.ts';

/** Their names change with each build: after an upgrade a page that was open asks for what is gone. */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new Error(
      'A part of this page could not be loaded. The server may have been upgraded meanwhile: load the page again.',
      { cause },
    );
  }
}

interface Part<T> {
  /** Null until it is there. */
  readonly part: T | null;
  readonly error: Error | null;
}

/** `load`: the same function each time. */
export function usePart<T>(load: () => Promise<T>): Part<T> {
  const [state, setState] = useState<Part<T>>({ part: null, error: null });
  useEffect(() => {
    let isGone = false;
    loadPart(load).then(
      (part) => {
        if (!isGone) setState({ part, error: null });
      },
      (error: unknown) => {
        if (!isGone) setState({ part: null, error: asError(error) });
      },
    );
    return () => {
      isGone = true;
    };
  }, [load]);
  return state;
}
