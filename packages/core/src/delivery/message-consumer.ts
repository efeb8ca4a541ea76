import type { ImError } from "../im-error.ts";
import type { ImMessage } from "../messages/im-message.ts";

/** A message on its way to its consumers; answered once all of them are done with it. */
export interface Delivery {
  readonly message: ImMessage;
  /** Called once: the consumer is done with it, or will never look at it. */
  readonly onHandled: (outcome?: "dropped") => void;
}

/** Somebody who receives messages, one after the other. */
export interface MessageConsumer {
  /** Takes a delivery; a promise means: bring no more before it resolves. */
  push(delivery: Delivery): Promise<void> | undefined;
  /** No more come; with an error when that is why. */
  end(error?: ImError): void;
}
