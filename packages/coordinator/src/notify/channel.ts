/** What a kind of channel is: one function, one file, one line in `registry.ts`. */
import type { Channel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';

export interface Message {
  /** Stable over all attempts: the receiver's idempotency key. */
  readonly id: string;
  readonly payload: Payload;
  /** When the message was written, not when it is sent. */
  readonly createdAt: Date;
}

/** How a delivery ended. `retry: false` means that the receiver will never take it. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly retry: boolean;
      /** Seconds that the receiver asked to be left alone for; null if it did not say. */
      readonly retryAfterSeconds: number | null;
      readonly error: string;
    };

/** Delivers one message, before `signal` aborts. Never throws for what the receiver does. */
export type Deliver<C extends Channel = Channel> = (
  channel: C,
  message: Message,
  signal: AbortSignal,
) => Promise<Delivery>;
