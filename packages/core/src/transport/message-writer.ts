import type { ClientHttp2Stream } from "node:http2";
import type { EnvelopeBatch } from "./envelope-batch.ts";
import { readyTaker } from "./ready-messages.ts";

export interface MessageWriterOptions<T> {
  stream: ClientHttp2Stream;
  input: AsyncIterable<T>;
  batch: EnvelopeBatch;
  /** Puts a message into the batch; a promise only when that takes time, because it is compressed. */
  add(message: T): Promise<void> | undefined;
  onWrite?: ((messages: readonly T[]) => void) | undefined;
}

/**
 * Writes messages as gRPC envelopes until the input ends, then half-closes the stream. Resolves when the stream takes no
 * more; rejects with what the input or the encoder threw. An input that is not read to its end is closed by `return()`.
 *
 * The hot path out: every message that is ready goes into one batch, which is written when it is full or, when nothing more is
 * ready, on the next tick. (Node runs ticks after promises, so "ready" means every message that the input yields without
 * waiting for anything real.) A `write` that reports a full stream stops the pulling until `drain`.
 */
export async function writeMessages<T>(options: MessageWriterOptions<T>): Promise<void> {
  const { stream, input, batch, add, onWrite } = options;
  const iterator = input[Symbol.asyncIterator]();
  const take = readyTaker(input);
  let messages: T[] = [];
  let scheduled = false;
  let hasEnded = false;

  function giveUpInput(): void {
    if (hasEnded) return;
    hasEnded = true;
    // What an input throws while it is closed concerns nobody: the call is over.
    iterator.return?.().catch(() => {});
  }

  function flush(): void {
    scheduled = false;
    if (batch.isEmpty || !isWritable(stream)) return;
    writeTogether(stream, batch.take());
    const written = messages;
    messages = [];
    onWrite?.(written);
  }

  // At once, although a message may still be waited for.
  stream.once("close", giveUpInput);
  while (isWritable(stream)) {
    let message = take();
    if (message === undefined) {
      const result = await iterator.next();
      hasEnded ||= result.done === true;
      if (!isWritable(stream)) return;
      if (result.done === true) {
        flush();
        stream.end();
        return;
      }
      message = result.value;
    }
    const adding = add(message);
    if (adding !== undefined) await adding;
    messages.push(message);
    if (batch.isFull) {
      flush();
    } else if (!scheduled) {
      scheduled = true;
      process.nextTick(flush);
    }
    if (stream.writableNeedDrain) await drained(stream);
  }
}

/** Node hands all writes of a corked stream over at once. */
function writeTogether(stream: ClientHttp2Stream, pieces: readonly Uint8Array[]): void {
  if (pieces.length > 1) stream.cork();
  for (const piece of pieces) stream.write(piece);
  if (pieces.length > 1) stream.uncork();
}

function isWritable(stream: ClientHttp2Stream): boolean {
  return stream.writable && !stream.closed && !stream.destroyed;
}

function drained(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    function done(): void {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    }
    stream.on("drain", done);
    stream.on("close", done);
  });
}
