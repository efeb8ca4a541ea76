import type { ServiceInstance } from "@im-sdk/contracts";
import type { ConnectionState } from "../connection/connection.ts";
import type { ReconnectAttempt } from "../connection/dialer.ts";
import type { KnownInstances } from "../connection/instance-set.ts";
import type { Gap } from "../delivery/gap.ts";
import type { SendReceipt } from "../delivery/send-receipt.ts";
import type { ImError } from "../im-error.ts";
import type { ImMessage } from "../messages/im-message.ts";

/** What a client tells, by event name. */
export interface ImEvents {
  /** A message. The next one waits while the promise of a listener is pending. */
  message: ImMessage;
  /** A stream is up: the first, one after a break, or one that replaced a stream before it broke. */
  connect: { readonly instance: ServiceInstance | undefined; readonly capabilities: readonly ("ack" | "resume")[] };
  /** The stream is gone: with why, or undefined after `disconnect()`. Reconnecting begins by itself. */
  disconnect: ImError | undefined;
  /** Something failed that no call of yours was there to hear of; among it the end of reconnecting. */
  error: ImError;
  /** A message that an earlier process left in the store has ended: with its receipt, or with why not. */
  settled: {
    readonly messageId: string;
    readonly roomId: string;
    readonly receipt?: SendReceipt;
    readonly error?: ImError;
  };
  stateChange: { readonly state: ConnectionState; readonly previous: ConnectionState };
  /** Messages of a room that were missed and will not come. Told before anything later of the room, to the consumer that missed them. */
  gap: Gap;
  /** The known instances are others, have gone stale, with why, or are confirmed again. */
  instances: KnownInstances & { readonly error: ImError | undefined };
  /** A try to come back will be made. */
  reconnecting: ReconnectAttempt;
}
