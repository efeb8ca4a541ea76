import type { Interceptor, StreamResponse, UnaryResponse } from "@connectrpc/connect";
import { ImError } from "../im-error.ts";
import type { Diagnostics } from "./diagnostics.ts";

/** Publishes unary calls and uploads, whose answer is one message; the stream of messages is not a call with an end to wait for. */
export function diagnoseCalls(diagnostics: Diagnostics): Interceptor {
  return (next) => (request) => {
    if (request.method.methodKind === "bidi_streaming" || !diagnostics.observesCalls) return next(request);
    const end = diagnostics.begin("call", { method: request.method.name });
    const fail = (reason: unknown): never => {
      end({ error: ImError.from(reason, request.method.name) });
      throw reason;
    };
    return next(request).then((response) => {
      if (response.stream) return { ...response, message: watched(response.message, end, fail) };
      end();
      return response;
    }, fail) as Promise<UnaryResponse | StreamResponse>;
  };
}

/** An upload is over when its answer has been read. */
async function* watched<T>(
  answer: AsyncIterable<T>,
  end: () => void,
  fail: (reason: unknown) => never,
): AsyncIterable<T> {
  try {
    yield* answer;
  } catch (reason) {
    fail(reason);
  }
  end();
}
