import { formatAddress, type ServiceInstance } from "@im-sdk/contracts";
import type { EventHub } from "../events/event-hub.ts";
import type { ImEvents } from "../events/im-events.ts";
import type { ImError } from "../im-error.ts";
import { type Logger, type LogLevel, log } from "./logger.ts";

/**
 * Logs what becomes of the connection: `info` when all is well again, `warn` for what the client sees to by itself, `error` for the
 * `error` events, `debug` for the rest. Never a message's content, a token or metadata. Each listener gives what the logger gave, so
 * that one that rejects is reported like one that throws.
 */
export function logEvents(events: EventHub<ImEvents>, logger: Logger, userId: string): void {
  const line = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    log(logger, level, `im: ${message}`, { userId, ...fields });

  events.on("stateChange", ({ state, previous }) => line("debug", `${previous} → ${state}`, { state, previous }));
  events.on("connect", ({ instance, capabilities }) =>
    line("info", `connected${instance === undefined ? "" : ` to ${addressOf(instance)}`}`, {
      instance: instance?.id,
      capabilities,
    }),
  );
  events.on("disconnect", (error) =>
    error === undefined
      ? line("info", "disconnected")
      : line("warn", `the stream is gone: ${error.message}`, failure(error)),
  );
  events.on("reconnecting", ({ attempt, delayMs, error }) =>
    line("warn", `reconnecting in ${Math.round(delayMs)} ms, try ${attempt}: ${error.message}`, {
      attempt,
      delayMs,
      ...failure(error),
    }),
  );
  events.on("gap", ({ roomId, reason }) =>
    line("warn", `messages of ${roomId} are missing: ${reason}`, { roomId, reason }),
  );
  events.on("instances", ({ list = [], isStale, error }) => {
    const addresses = list.map(addressOf);
    return error === undefined
      ? line("debug", `known instances: ${list.length}`, { addresses, isStale })
      : line("warn", `the list of instances may be old: ${error.message}`, { addresses, isStale, ...failure(error) });
  });
  events.on("settled", ({ messageId, roomId, receipt, error }) => {
    const fields = { messageId, roomId, delivery: receipt?.delivery, ...(error && failure(error)) };
    return line(error === undefined ? "debug" : "warn", `message ${messageId} of an earlier process has ended`, fields);
  });
  events.on("error", (error) => line("error", error.message, failure(error)));
}

function addressOf({ address, port }: ServiceInstance): string {
  return formatAddress(address, port);
}

function failure(error: ImError): Readonly<Record<string, unknown>> {
  return { code: error.code, err: error };
}
