import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import type { Interceptor, StreamResponse } from "@connectrpc/connect";
import { runStreamingCall } from "@connectrpc/connect/protocol";
import { readyTaker, withReady } from "./ready-messages.ts";

type StreamCall<I extends DescMessage, O extends DescMessage> = Parameters<typeof runStreamingCall<I, O>>[0];

/** Connect's `runStreamingCall`, which wraps the messages of both directions: those that are ready pass the wrapping as well. */
export async function runStreamCall<I extends DescMessage, O extends DescMessage>(
  call: StreamCall<I, O>,
): Promise<StreamResponse<I, O>> {
  const { req, interceptors = [] } = call;
  const takeInit = readyTaker(req.message);
  let takeAnswer: (() => MessageShape<O> | undefined) | undefined;

  const passReady: Interceptor = (next) => async (request) => {
    if (!request.stream) return next(request);
    const takeMessage = () => {
      const init = takeInit();
      return init && create<DescMessage>(req.method.input, init);
    };
    const response = await next({ ...request, message: withReady(request.message, takeMessage) });
    if (response.stream) {
      const take = readyTaker(response.message as AsyncIterable<MessageShape<O>>);
      // What has arrived of a call that is over is not given any more; `next` tells why.
      takeAnswer = () => (request.signal.aborted ? undefined : take());
    }
    return response;
  };

  const response = await runStreamingCall<I, O>({ ...call, interceptors: [passReady, ...interceptors] });
  return takeAnswer === undefined ? response : { ...response, message: withReady(response.message, takeAnswer) };
}
