import type { Compression } from "@connectrpc/connect/protocol";
import { envelopeOf } from "../stream/frame-envelope.ts";
import type { OutgoingQueue } from "../stream/outgoing-queue.ts";
import type { QueueReader } from "../stream/queue-reader.ts";
import type { FlushTurn } from "./flush-turn.ts";
import type { GrpcResponse } from "./grpc-response.ts";

/** So many bytes go into one write, and one frame more. */
const batchBytes = 64 * 1024;

/** What a {@link FrameWriter} needs. */
export interface FrameWriterOptions {
  readonly queue: OutgoingQueue;
  readonly response: Pick<GrpcResponse, "isWritable" | "write" | "onDrain" | "end">;
  readonly compression: Compression | null;
  readonly turn: FlushTurn;
  /** Called once, before the end is written. */
  readonly onEnd: () => void;
}

/**
 * Writes what waits in a queue, and the end of it: all that is there in one buffer, once in a turn of the event loop. While the
 * stream is full nothing is taken, so the bounds of the queue are bounds of what waits for the peer, but for one buffer.
 */
export class FrameWriter implements QueueReader {
  readonly #options: FrameWriterOptions;
  #scheduled = false;
  #full = false;
  #compressing = false;
  #writing = false;
  #over = false;

  constructor(options: FrameWriterOptions) {
    this.#options = options;
    options.queue.readBy(this);
  }

  get #blocked(): boolean {
    return this.#full || this.#compressing;
  }

  /** An end is written at once: who is refused is to know before other calls are answered. */
  ready(): void {
    const { queue, turn } = this.#options;
    if (queue.closed) {
      this.#write();
    } else if (!this.#scheduled && !this.#blocked) {
      this.#scheduled = true;
      turn.add(this);
    }
  }

  relieve(): void {
    this.#write();
  }

  flush(): void {
    this.#scheduled = false;
    this.#write();
  }

  #write(): void {
    // What is taken may move others to put something in, or to end the queue.
    if (this.#writing || this.#over) return;
    this.#writing = true;
    this.#writeBatches();
    this.#writing = false;
    const { queue, response, onEnd } = this.#options;
    if (!queue.ended) return;
    this.#over = true;
    onEnd();
    response.end(queue.error);
  }

  #writeBatches(): void {
    const { queue, response } = this.#options;
    try {
      while (!this.#blocked && response.isWritable) {
        const batch = this.#takeBatch();
        if (batch === undefined) return;
        if (!response.write(batch)) {
          this.#full = true;
          response.onDrain(() => {
            this.#full = false;
            this.#write();
          });
        }
      }
    } catch (error) {
      queue.fail(toError(error));
    }
  }

  #takeBatch(): Uint8Array | undefined {
    const { queue, compression, turn } = this.#options;
    const envelopes: Uint8Array[] = [];
    let bytes = 0;
    for (let frame = queue.peek(); frame !== undefined && bytes < batchBytes; frame = queue.peek()) {
      const envelope = envelopeOf(frame, compression);
      if (envelope instanceof Promise) {
        this.#waitFor(envelope);
        break;
      }
      queue.take();
      envelopes.push(envelope);
      bytes += envelope.byteLength;
    }
    return envelopes.length === 0 ? undefined : turn.joiner.join(envelopes, bytes);
  }

  #waitFor(compressed: Promise<void>): void {
    const { queue } = this.#options;
    this.#compressing = true;
    const goOn = () => {
      this.#compressing = false;
      this.#write();
    };
    compressed.then(goOn, (error: unknown) => queue.fail(toError(error)));
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
