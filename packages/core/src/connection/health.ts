import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { HealthStatus, IMService } from "@im-sdk/gen";
import { ImError } from "../im-error.ts";

/**
 * Asks `im.v1` HealthCheck whether the instance takes traffic; returns the answer's headers. UNIMPLEMENTED counts as yes, unless
 * gRPC is spoken and it is made from an HTTP status: then no gRPC server has answered. NOT_SERVING and SERVICE_UNKNOWN throw
 * `unavailable`.
 */
export async function checkHealth(transport: Transport, speaksGrpc: boolean, signal: AbortSignal): Promise<Headers> {
  try {
    const { header, message } = await ask(transport, signal);
    if (message.status !== HealthStatus.NOT_SERVING && message.status !== HealthStatus.SERVICE_UNKNOWN) return header;
    const word = message.status === HealthStatus.NOT_SERVING ? "NOT_SERVING" : "SERVICE_UNKNOWN";
    const why = message.message === "" ? "" : ` (${message.message})`;
    throw new ImError("unavailable", `HealthCheck answered ${word}${why}`);
  } catch (reason) {
    if (!(reason instanceof ConnectError) || reason.code !== Code.Unimplemented) throw reason;
    if (speaksGrpc && !reason.metadata.has("grpc-status")) throw reason;
    return new Headers();
  }
}

/** Whether the peer lives: any answer of its own is a yes; throws when none came. */
export async function probeHealth(transport: Transport, signal: AbortSignal): Promise<void> {
  try {
    await ask(transport, signal);
  } catch (reason) {
    const { code } = ConnectError.from(reason);
    if (noAnswerCodes.has(code)) throw reason;
  }
}

/** What this side makes of a connection that says nothing or is gone. */
const noAnswerCodes: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.Canceled,
  Code.Aborted,
  Code.DeadlineExceeded,
  Code.Internal,
  Code.Unknown,
]);

function ask(transport: Transport, signal: AbortSignal) {
  return transport.unary(IMService.method.healthCheck, signal, 0, undefined, { service: "" });
}
