/** A page that breaks says so, and the way to the others stays. */
import { Component, type ReactNode } from 'react';
import { asError } from '../model/errors.ts';
import { PartFault } from './basics.tsx';

interface BoundaryState {
  readonly error: Error | null;
}

/** Give it a key: what is shown under another one is tried anew. */
export class Boundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override state: BoundaryState = { error: null };

  static getDerivedStateFromError(thrown: unknown): BoundaryState {
    return { error: asError(thrown) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? this.props.children : <PartFault error={error} />;
  }
}
