import { createMethodUrl } from "@connectrpc/connect/protocol";
import { IMService } from "@im-sdk/gen";
import { acceptCompression } from "../connection/accept-compression.ts";
import type { ServeGrpcCall } from "../connection/serve-requests.ts";
import { callRules } from "../rpc/call-rules.ts";
import { StreamCall } from "../rpc/stream-call.ts";
import type { ServiceContext } from "../service-context.ts";
import { FlushTurn } from "./flush-turn.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { GrpcResponse } from "./grpc-response.ts";
import { openGrpcCall } from "./open-grpc-call.ts";

const method = IMService.method.streamMessages;

/** Where clients call it. */
export const streamMessagesPath: string = createMethodUrl("/", method);

/**
 * Serves StreamMessages on its HTTP/2 stream itself, where connect has an async generator for each step of each message. What
 * clients see is the same. Resolves once the call is under way, or refused.
 */
export function serveStreamMessages(service: ServiceContext): ServeGrpcCall {
  const { readMaxBytes, requestGate } = callRules(service);
  const turn = new FlushTurn();

  return async (request, response) => {
    const { stream } = response;
    // After a reset without an error Node waits for what was to be written, which nobody takes any more.
    stream.once("aborted", () => setImmediate(() => stream.destroy()));
    const grpc = openGrpcCall(request, method, acceptCompression);
    const answer = new GrpcResponse(grpc.context, response);
    let call: StreamCall;
    try {
      await requestGate(grpc.context);
      call = new StreamCall(service, grpc.context);
    } catch (error) {
      answer.end(error);
      return;
    }
    const reader = new FrameReader({ stream, receiver: call, compression: grpc.requestCompression, readMaxBytes });
    new FrameWriter({
      queue: call.outgoing,
      response: answer,
      compression: grpc.responseCompression,
      turn,
      onEnd: () => reader.stop(),
    });
    try {
      await call.begin();
      if (grpc.error !== undefined) throw grpc.error;
      reader.start();
    } catch (error) {
      call.fail(error);
    }
  };
}
