/** What a kind of channel is: one function, one file, one line in `registry.ts`. */
import type { ChannelType, OpenedChannel } from '@trustmonitor/protocol';
import type { Message as Payload } from '../announce.ts';

export interface Message {
  /** Stable over all attempts: the receiver's idempotency key. */
  readonly id: string;
  readonly payload: Payload;
  /** When the message was written, not when it is sent. */
  readonly createdAt: Date;
  /** Of a channel with several recipients: those who have not got it, once others have. */
  readonly recipients?: readonly string[];
}

/**
 * How a delivery ended. A refusal is retried `slowly` where only somebody's hand can mend it: the
 * address is gone, the key is not valid, the message not understood. It is retried all the same,
 * because the same is answered by gateways and in the middle of a deployment, and a message that is
 * given up at the first 404 is an alert that is lost. `never`: the receiver wants no more of it.
 *
 * `refusedFor`: those who were refused where others of the channel have got the message, now or
 * before. It is sent again to them alone.
 */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly retry: 'soon' | 'slowly' | 'never';
      /** Seconds that the receiver asked to be left alone for; null if it did not say. */
      readonly retryAfterSeconds: number | null;
      readonly error: string;
      readonly refusedFor?: readonly string[];
    };

/** Delivers one message, before `signal` aborts. Never throws for what the receiver does. */
export type Deliver<T extends ChannelType> = (
  channel: OpenedChannel<T>,
  message: Message,
  signal: AbortSignal,
) => Promise<Delivery>;
