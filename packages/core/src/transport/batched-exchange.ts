import type { ClientHttp2Stream, ClientSessionRequestOptions } from "node:http2";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamRequest, type StreamResponse } from "@connectrpc/connect";
import { type Compression, envelopeDecompress } from "@connectrpc/connect/protocol";
import { validateResponseWithCompression, validateTrailer } from "@connectrpc/connect/protocol-grpc";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import {
  abortError,
  type ExchangeOptions,
  finishStream,
  nodeHeaders,
  responseHead,
  responseTrailer,
} from "./call-exchange.ts";
import { EnvelopeBatch } from "./envelope-batch.ts";
import { lastingBytesKey } from "./lasting-bytes.ts";
import { createMessageEncoder, createMessageParser } from "./message-encoding.ts";
import { MessageReader } from "./message-reader.ts";
import { writeMessages } from "./message-writer.ts";
import { prepareSession } from "./prepare-session.ts";
import { streamObserverKey } from "./stream-observer.ts";

/** The innermost step of a streaming call: one HTTP/2 stream, its request written and its response read in batches. */
export function createBatchedExchange(options: ExchangeOptions) {
  const { manager, readMaxBytes, writeMaxBytes, sendCompression, compressMinBytes, acceptCompression } = options;

  return async function exchange<I extends DescMessage, O extends DescMessage>(
    request: StreamRequest<I, O>,
  ): Promise<StreamResponse<I, O>> {
    const { signal } = request;
    const batch = new EnvelopeBatch(writeMaxBytes);
    const isLasting = request.contextValues.get(lastingBytesKey);
    const add = createMessageEncoder(request.method.input, batch, sendCompression, compressMinBytes, isLasting);
    const observer = request.contextValues.get(streamObserverKey);

    const { stream, cancel } = await openStream(manager, request);
    prepareSession(stream);
    const head = responseHead(stream);
    const trailer = responseTrailer(stream);
    let ended = false;
    let statusInHead = false;
    let validateEnd: (() => void) | undefined;
    let decompression: Compression | null = null;

    function leaveOut(error: unknown): undefined {
      if (observer?.onTooLarge === undefined || ConnectError.from(error).code !== Code.ResourceExhausted) throw error;
      observer.onTooLarge();
    }
    const reader = new MessageReader<MessageShape<O>>({
      stream,
      readMaxBytes,
      onTooLarge: observer?.onTooLarge?.bind(observer),
      onRead: () => manager.notifyResponseByteRead(stream),
      hasStatus: () => statusInHead || trailer.has("grpc-status"),
      onEnd() {
        ended = true;
        validateEnd?.();
      },
      parse: createMessageParser(request.method.output),
      decompress: (flags, data) => decompressed(flags, data, decompression, readMaxBytes).catch(leaveOut),
    });
    // Nothing is read before the head is known to be that of a gRPC answer.
    stream.pause();

    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => {});
    function fail(error: ConnectError): void {
      reader.fail(error);
      failure.reject(error);
      if (ended) finishStream(stream);
      else cancel();
    }
    signal.addEventListener("abort", () => fail(abortError(signal)));
    observer?.onOpen?.(stream);
    writeMessages({
      stream,
      input: request.message,
      batch,
      add,
      onWrite: observer?.onWrite?.bind(observer),
    }).catch((error: unknown) => fail(ConnectError.from(error)));

    const { status, header } = await Promise.race([head, failure.promise]);
    const { compression, foundStatus, headerError } = validateResponseWithCompression(
      acceptCompression,
      status,
      header,
    );
    if (headerError !== undefined) throw headerError;
    decompression = compression ?? null;
    statusInHead = foundStatus;
    validateEnd = () => {
      if (!foundStatus) validateTrailer(trailer, header);
    };
    stream.resume();
    return { ...request, header, trailer, message: reader };
  };
}

interface OpenStream {
  stream: ClientHttp2Stream;
  /** RST_STREAM CANCEL. */
  cancel(): void;
}

/** Opens the stream, dialling first when the manager has no connection; an abort ends the wait at once. */
function openStream(manager: Http2SessionManager, request: StreamRequest): Promise<OpenStream> {
  const { signal } = request;
  // Node's `close(code)` would end the request before it resets the stream, and half an upload would look like a whole.
  const controller = new AbortController();
  const cancel = () => controller.abort();
  const options: ClientSessionRequestOptions = { signal: controller.signal };
  const url = new URL(request.url);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    manager.request("POST", url.pathname, nodeHeaders(request.header), options).then((stream) => {
      signal.removeEventListener("abort", onAbort);
      if (!signal.aborted) return resolve({ stream, cancel });
      // The caller has its answer; what the stream still says has nobody to hear it.
      stream.on("error", () => {});
      cancel();
    }, reject);
  });
}

async function decompressed(
  flags: number,
  data: Uint8Array<ArrayBuffer>,
  compression: Compression | null,
  readMaxBytes: number,
): Promise<Uint8Array> {
  return (await envelopeDecompress({ flags, data }, compression, readMaxBytes)).data;
}
