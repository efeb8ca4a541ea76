import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { type IMService, type MessageRequest, MessageRequestSchema, type MessageResponse } from "@im-sdk/gen";

/** One StreamMessages call by the stubs alone; what comes is taken frame by frame. */
export class RawStream {
  readonly #frames: MessageRequest[] = [];
  readonly #abort = new AbortController();
  readonly #responses: AsyncIterator<MessageResponse>;
  #wake = () => {};

  constructor(client: Client<typeof IMService>, headers: Record<string, string>) {
    const call = client.streamMessages(this.#requests(), { headers, signal: this.#abort.signal, timeoutMs: 0 });
    this.#responses = call[Symbol.asyncIterator]();
  }

  send(frame: MessageInitShape<typeof MessageRequestSchema>): void {
    this.#frames.push(create(MessageRequestSchema, frame));
    this.#wake();
  }

  /** The next frame; rejects when the stream is over. */
  async next(): Promise<MessageResponse> {
    const { value, done } = await this.#responses.next();
    if (done === true) throw new Error("the stream has ended");
    return value;
  }

  cancel(): void {
    this.#abort.abort();
  }

  async *#requests(): AsyncGenerator<MessageRequest> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) yield frame;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
