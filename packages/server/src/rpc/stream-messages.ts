import type { HandlerContext } from "@connectrpc/connect";
import type { MessageRequest, MessageResponse } from "@im-sdk/gen";
import type { ServiceContext } from "../service-context.ts";
import { StreamCall } from "./stream-call.ts";

/** Serves StreamMessages by connect: frames are read in the background, and what is returned is what goes out. */
export function streamMessages(
  context: ServiceContext,
  requests: AsyncIterable<MessageRequest>,
  handlerContext: HandlerContext,
): AsyncIterable<MessageResponse> {
  const call = new StreamCall(context, handlerContext);
  void readFrames(call, requests);
  return call.outgoing;
}

async function readFrames(call: StreamCall, requests: AsyncIterable<MessageRequest>): Promise<void> {
  try {
    await call.begin();
    for await (const frame of requests) {
      if (call.ended) return;
      const pending = call.receive(frame);
      if (pending !== undefined) await pending;
    }
    await call.finish();
  } catch (error) {
    call.fail(error);
  }
}
