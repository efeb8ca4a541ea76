import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import { abortError } from "./call-exchange.ts";

export interface UnaryCall<I extends DescMessage, O extends DescMessage> {
  interceptors: readonly Interceptor[];
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  req: Omit<UnaryRequest<I, O>, "message" | "signal"> & { message: MessageInitShape<I> };
  /** The innermost step. */
  next(request: UnaryRequest<I, O>): Promise<UnaryResponse<I, O>>;
  /** The caller's signal and the deadline end the call at once, whatever an interceptor waits for; default no. */
  settlesOnAbort?: boolean;
}

/**
 * Connect's `runUnaryCall` for calls by the thousand: one signal, which the caller's signal, the deadline and the end of the call
 * abort, and no exception where nothing went wrong. A step that has nobody around it takes the caller's signal as it is.
 */
export function runUnaryCall<I extends DescMessage, O extends DescMessage>(
  call: UnaryCall<I, O>,
): Promise<UnaryResponse<I, O>> {
  const { req, next, interceptors, signal: outer, timeoutMs, settlesOnAbort = false } = call;
  const message = create(req.method.input, req.message);
  if (outer !== undefined && timeoutMs === undefined && interceptors.length === 0 && !settlesOnAbort) {
    return next({ ...req, message, signal: outer });
  }

  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;

    function end(reason: unknown): void {
      clearTimeout(timer);
      outer?.removeEventListener("abort", onAbort);
      controller.abort(reason);
    }
    function fail(reason: unknown): void {
      const error = signal.aborted ? abortError(signal) : ConnectError.from(reason);
      end(error);
      reject(error);
    }
    function interrupt(reason: unknown): void {
      controller.abort(reason);
      if (settlesOnAbort) fail(reason);
    }
    function onAbort(): void {
      interrupt(outer?.reason);
    }

    if (timeoutMs !== undefined) {
      timer = setTimeout(
        () => interrupt(new ConnectError("the operation timed out", Code.DeadlineExceeded)),
        timeoutMs,
      );
    }
    if (outer?.aborted) onAbort();
    else outer?.addEventListener("abort", onAbort);
    try {
      // An interceptor stands around steps of every type; that of a call gets what the call is made with.
      const innermost = next as unknown as Parameters<Interceptor>[0];
      const run = interceptors.reduceRight((step, intercept) => intercept(step), innermost);
      run({ ...req, message, signal }).then((response) => {
        end(over);
        resolve(response as UnaryResponse<I, O>);
      }, fail);
    } catch (reason) {
      fail(reason);
    }
  });
}

/** What the signal of a call says that is done, as an `abort()` without a reason would. */
const over = new DOMException("This operation was aborted", "AbortError");
