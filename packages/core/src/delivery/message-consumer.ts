import type { ImError } from "../im-error.ts";
import type { ImMessage } from "../messages/im-message.ts";

/**
 * How a consumer is done with a message: it was `handled`, `skipped` because it is none of this consumer's or because its loss
 * was told, or `dropped` by one that has ended and takes nothing more.
 */
export type Outcome = "handled" | "skipped" | "dropped";

/** A message on its way to its consumers; answered once all of them are done with it. */
export interface Delivery {
  readonly message: ImMessage;
  /** To be awaited before the message is given to anybody; never rejects. */
  readonly begin?: (() => Promise<void>) | undefined;
  /** It was acknowledged while it waited, by way of another copy of it. */
  readonly isObsolete?: (() => boolean) | undefined;
  /** Called once; `handled` by default. */
  onHandled(outcome?: Outcome): void;
}

/** Somebody who receives messages, one after the other. */
export interface MessageConsumer {
  /** Takes a delivery; a promise means: bring no more before it resolves. */
  push(delivery: Delivery): Promise<void> | undefined;
  /** No more come; with an error when that is why. What waits may still be given, unless it is left behind. */
  end(error?: ImError, isLeftBehind?: boolean): void;
}
