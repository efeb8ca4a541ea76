import { unavailable } from "./unavailable.ts";

/** How much may wait for NATS at a time, of all rooms of a storage. */
export class AppendBudget {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages = 0;
  #bytes = 0;

  constructor({ maxMessages, maxBytes }: { readonly maxMessages: number; readonly maxBytes: number }) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** Throws UNAVAILABLE when there is no room; one message fits whatever its size. */
  take(bytes: number): void {
    if (this.#messages >= this.#maxMessages || (this.#messages > 0 && this.#bytes + bytes > this.#maxBytes)) {
      throw unavailable(
        `${this.#messages} messages with ${this.#bytes} bytes wait for the room log already: try again later`,
      );
    }
    this.#messages += 1;
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
  }
}
