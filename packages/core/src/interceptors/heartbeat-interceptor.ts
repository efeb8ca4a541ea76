import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { type Clock, systemClock } from "@im-sdk/contracts";
import { IMService, type MessageRequest, MessageRequestSchema, MessageType } from "@im-sdk/gen";
import { newMessageId } from "../messages/new-message-id.ts";
import { type ReadyMessages, readyTaker, takeReady } from "../transport/ready-messages.ts";
import { InjectableInput } from "./injectable-input.ts";
import { LivenessMonitor } from "./liveness-monitor.ts";

export interface HeartbeatInterceptorOptions {
  /** Who sends the heartbeats. */
  userId: string;
  /** A HEARTBEAT goes out after this much silence in either direction; default 30,000 ms. */
  intervalMs?: number;
  /** How long a silent peer then has to show life before the stream is given up; default 10,000 ms. */
  timeoutMs?: number;
  /**
   * Asks the peer on the same connection whether it lives, such as by HealthCheck; rejects when it does not. Called at
   * half of the timeout, because a plain server answers no heartbeat. Without it a silent stream is never given up.
   */
  check?: (signal: AbortSignal) => Promise<unknown>;
  clock?: Clock;
}

/**
 * Keeps `StreamMessages` calls alive and notices a dead peer. Anything received counts as life. A peer that shows none
 * within interval and timeout ends the call with UNAVAILABLE. Other calls pass untouched.
 */
export function createHeartbeatInterceptor(options: HeartbeatInterceptorOptions): Interceptor {
  const { userId, intervalMs = 30_000, timeoutMs = 10_000, check, clock = systemClock } = options;

  return (next) => async (request) => {
    if (!request.stream || request.method !== IMService.method.streamMessages) return next(request);
    const input = new InjectableInput<MessageRequest>(request.message as AsyncIterable<MessageRequest>, () =>
      monitor.onSent(),
    );
    const gaveUp = new AbortController();
    const monitor = new LivenessMonitor({
      intervalMs,
      timeoutMs,
      clock,
      check,
      sendHeartbeat: () => input.inject(heartbeat(userId)),
      onDead: (cause) =>
        gaveUp.abort(
          new ConnectError(
            `no sign of life for ${intervalMs + timeoutMs} ms`,
            Code.Unavailable,
            undefined,
            undefined,
            cause,
          ),
        ),
    });
    request.signal.addEventListener("abort", () => monitor.stop(), { once: true });
    if (!request.signal.aborted) monitor.start();
    const response = await next({
      ...request,
      message: input,
      signal: AbortSignal.any([request.signal, gaveUp.signal]),
    });
    return response.stream ? { ...response, message: watched(response.message, monitor) } : response;
  };
}

function heartbeat(userId: string): MessageRequest {
  return create(MessageRequestSchema, {
    messageId: newMessageId(),
    userId,
    type: MessageType.HEARTBEAT,
    content: pingContent,
  });
}

const pingContent = new TextEncoder().encode("ping");

function watched<T>(messages: AsyncIterable<T>, monitor: LivenessMonitor): ReadyMessages<T> {
  const iterator = messages[Symbol.asyncIterator]();
  const take = readyTaker(messages);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      iterator.next().then((result) => {
        monitor.onReceived();
        return result;
      }),
    [takeReady]() {
      const message = take();
      if (message !== undefined) monitor.onReceived();
      return message;
    },
  };
}
