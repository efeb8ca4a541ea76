import type { Meter } from "@opentelemetry/api";

export type Instruments = ReturnType<typeof createInstruments>;

/** Bounds in seconds, from a round trip on loopback to the default deadline of a send. */
const durationBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** All that is measured, by OpenTelemetry's names for messaging and RPC clients, or beginning with `im.client.`. */
export function createInstruments(meter: Meter) {
  const duration = (name: string, description: string) =>
    meter.createHistogram(name, { unit: "s", description, advice: { explicitBucketBoundaries: durationBounds } });
  return {
    sentMessages: meter.createCounter("messaging.client.sent.messages", {
      unit: "{message}",
      description: "Messages that are settled, by delivery or error",
    }),
    sendDuration: duration(
      "messaging.client.operation.duration",
      "From taking a message to its acknowledgement or error",
    ),
    outboxMessages: meter.createUpDownCounter("im.client.outbox.messages", {
      unit: "{message}",
      description: "Messages that are taken and not settled",
    }),
    consumedMessages: meter.createCounter("messaging.client.consumed.messages", {
      unit: "{message}",
      description: "Messages handed to listeners and loops",
    }),
    connectDuration: duration("im.client.connect.duration", "Tries to open a stream, by server and error"),
    connectedClients: meter.createUpDownCounter("im.client.connected", {
      unit: "{client}",
      description: "Clients that have a stream",
    }),
    disconnects: meter.createCounter("im.client.disconnects", {
      unit: "{disconnect}",
      description: "Streams that are gone, by error; without one when the app disconnected",
    }),
    reconnects: meter.createCounter("im.client.reconnects", {
      unit: "{attempt}",
      description: "Tries to come back, by the error that made them necessary",
    }),
    gaps: meter.createCounter("im.client.gaps", { unit: "{gap}", description: "Losses of messages, by reason" }),
    callDuration: duration("rpc.client.call.duration", "Unary calls and uploads, with all attempts"),
  };
}
