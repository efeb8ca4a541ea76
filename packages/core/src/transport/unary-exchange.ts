import type { DescMessage } from "@bufbuild/protobuf";
import { Code, ConnectError, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import { abortError, type ExchangeOptions, nodeHeaders } from "./call-exchange.ts";
import { EnvelopeBatch } from "./envelope-batch.ts";
import { errorFromNode } from "./http2-error.ts";
import { createMessageEncoder } from "./message-encoding.ts";
import { prepareSession } from "./prepare-session.ts";
import { UnaryAnswer } from "./unary-answer.ts";

/** The innermost step of a unary call: one HTTP/2 stream, its request written at once and its response taken as it comes. */
export function createUnaryExchange(options: ExchangeOptions) {
  const { manager, writeMaxBytes, sendCompression, compressMinBytes } = options;

  return function exchange<I extends DescMessage, O extends DescMessage>(
    request: UnaryRequest<I, O>,
  ): Promise<UnaryResponse<I, O>> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw abortError(signal);
      const path = pathOf(request.url, manager);
      const batch = new EnvelopeBatch(writeMaxBytes, 0);
      const add = createMessageEncoder(request.method.input, batch, sendCompression, compressMinBytes);
      const adding = add(request.message);

      const onAbort = () => answer.fail(abortError(signal));
      const release = () => signal.removeEventListener("abort", onAbort);
      const answer = new UnaryAnswer(request.method, options, {
        resolve(response) {
          release();
          resolve(response);
        },
        reject(error) {
          release();
          reject(error);
        },
      });
      signal.addEventListener("abort", onAbort);

      const fail = (reason: unknown) => answer.fail(errorFromNode(reason));
      const open = () => {
        manager.request("POST", path, nodeHeaders(request.header), {}).then((stream) => {
          prepareSession(stream);
          answer.follow(stream);
          if (!stream.closed) stream.end(batch.take()[0]);
        }, fail);
      };
      if (adding === undefined) open();
      else adding.then(open, fail);
    });
  };
}

function pathOf(url: string, { authority }: Http2SessionManager): string {
  const { origin, pathname, search } = new URL(url);
  if (origin === authority) return pathname + search;
  throw new ConnectError(`cannot make a request to ${origin} on a connection to ${authority}`, Code.Internal);
}
