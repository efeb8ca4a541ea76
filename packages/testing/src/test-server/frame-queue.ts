import type { MessageResponse } from "@im-sdk/gen";

/** Frames that wait to be written to one stream, without bound: a test is short. */
export class FrameQueue implements AsyncIterable<MessageResponse> {
  readonly #frames: MessageResponse[] = [];
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  push(frame: MessageResponse): void {
    if (this.#ended) return;
    this.#frames.push(frame);
    this.#wake?.();
  }

  /** Ends the iteration after what waits: normally, or with an error. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MessageResponse, undefined> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) yield frame;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
