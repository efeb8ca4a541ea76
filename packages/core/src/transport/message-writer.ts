import type { ClientHttp2Stream } from "node:http2";

export interface MessageWriterOptions<T> {
  stream: ClientHttp2Stream;
  input: AsyncIterable<T>;
  /** One message as its envelope's flags and bytes; a promise only when it is compressed. */
  encode(message: T): EncodedMessage | Promise<EncodedMessage>;
  onWrite?: ((messages: readonly T[]) => void) | undefined;
}

export interface EncodedMessage {
  flags: number;
  data: Uint8Array;
}

const batchBytes = 64 * 1024;
const prefixBytes = 5;

/**
 * Writes messages as gRPC envelopes until the input ends, then half-closes the stream. Resolves when the stream takes no
 * more; rejects with what the input or the encoder threw. An input that is not read to its end is closed by `return()`.
 *
 * The hot path out: every message that is ready goes into one buffer, which is written at 64 KiB or, when nothing more is
 * ready, on the next tick. (Node runs ticks after promises, so "ready" means every message that the input yields without
 * waiting for anything real.) A `write` that reports a full stream stops the pulling until `drain`.
 */
export async function writeMessages<T>(options: MessageWriterOptions<T>): Promise<void> {
  const { stream, encode, onWrite } = options;
  const iterator = options.input[Symbol.asyncIterator]();
  let batch: EncodedMessage[] = [];
  let bytes = 0;
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
    if (batch.length === 0 || !isWritable(stream)) return;
    stream.write(joinEnvelopes(batch, bytes));
    onWrite?.(messages);
    batch = [];
    messages = [];
    bytes = 0;
  }

  // At once, although a message may still be waited for.
  stream.once("close", giveUpInput);
  while (isWritable(stream)) {
    const result = await iterator.next();
    hasEnded ||= result.done === true;
    if (!isWritable(stream)) return;
    if (result.done === true) {
      flush();
      stream.end();
      return;
    }
    const encoding = encode(result.value);
    const envelope = encoding instanceof Promise ? await encoding : encoding;
    batch.push(envelope);
    messages.push(result.value);
    bytes += prefixBytes + envelope.data.byteLength;
    if (bytes >= batchBytes) {
      flush();
    } else if (!scheduled) {
      scheduled = true;
      process.nextTick(flush);
    }
    if (stream.writableNeedDrain) await drained(stream);
  }
}

function isWritable(stream: ClientHttp2Stream): boolean {
  return stream.writable && !stream.closed && !stream.destroyed;
}

function joinEnvelopes(batch: EncodedMessage[], bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const { flags, data } of batch) {
    buffer[offset] = flags;
    buffer.writeUInt32BE(data.byteLength, offset + 1);
    buffer.set(data, offset + prefixBytes);
    offset += prefixBytes + data.byteLength;
  }
  return buffer;
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
