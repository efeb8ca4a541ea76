import type { ImDiagnostics, ObservedCall, ObservedConnect, ObservedSend } from "@im-sdk/core";
import type { Attributes, Meter } from "@opentelemetry/api";
import { callAttributes, clientAttributes, errorAttributes, serverAttributes } from "./attributes.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import type { Observers } from "./subscribe.ts";

type Operation = ObservedConnect | ObservedSend | ObservedCall;

/** Counts and times what the clients of the process do. */
export class ClientMetrics {
  #instruments: Instruments;
  readonly #startedAtMs = new WeakMap<Operation, number>();
  /** Clients that are connected, each with what was counted for it. */
  readonly #connected = new Map<ImDiagnostics["im-sdk:state"]["client"], Attributes>();
  readonly #unsettled = new Map<ObservedSend, Attributes>();

  constructor(meter: Meter) {
    this.#instruments = createInstruments(meter);
  }

  readonly observers: Observers = {
    "im-sdk:send:start": (send) => {
      const attributes = clientAttributes(send.client);
      this.#begin(send);
      this.#unsettled.set(send, attributes);
      this.#instruments.outboxMessages.add(1, attributes);
    },
    "im-sdk:send:end": (send) => {
      const attributes = { ...messagingAttributes(send.client, "send"), ...errorAttributes(send), ...deliveryOf(send) };
      this.#instruments.sentMessages.add(1, attributes);
      this.#record("sendDuration", send, attributes);
      const counted = this.#unsettled.get(send);
      if (counted === undefined) return;
      this.#unsettled.delete(send);
      this.#instruments.outboxMessages.add(-1, counted);
    },
    "im-sdk:connect:start": (connect) => this.#begin(connect),
    "im-sdk:connect:end": (connect) => {
      const attributes = {
        ...clientAttributes(connect.client),
        ...serverAttributes(connect),
        ...errorAttributes(connect),
      };
      this.#record("connectDuration", connect, attributes);
    },
    "im-sdk:call:start": (call) => this.#begin(call),
    "im-sdk:call:end": (call) => {
      const attributes = { ...clientAttributes(call.client), ...callAttributes(call), ...errorAttributes(call) };
      this.#record("callDuration", call, attributes);
    },
    "im-sdk:receive": ({ client }) => this.#instruments.consumedMessages.add(1, messagingAttributes(client, "receive")),
    "im-sdk:reconnecting": ({ client, error }) =>
      this.#instruments.reconnects.add(1, { ...clientAttributes(client), ...errorAttributes({ error }) }),
    "im-sdk:disconnect": ({ client, error }) =>
      this.#instruments.disconnects.add(1, { ...clientAttributes(client), ...(error && errorAttributes({ error })) }),
    "im-sdk:gap": ({ client, reason }) =>
      this.#instruments.gaps.add(1, { ...clientAttributes(client), "im.gap.reason": reason }),
    "im-sdk:state": ({ client, state }) => {
      if (state === "connected") this.#countConnected(client);
      else this.#uncountConnected(client);
    },
  };

  /** Counts with another meter from now on. What is counted as being so is taken back from the one before, and is so there. */
  useMeter(meter: Meter): void {
    this.#addAll(-1);
    this.#instruments = createInstruments(meter);
    this.#addAll(1);
  }

  /** Takes back what is counted as being so: nobody will hear of its end. */
  close(): void {
    this.#addAll(-1);
    this.#unsettled.clear();
    this.#connected.clear();
  }

  #addAll(each: 1 | -1): void {
    const { outboxMessages, connectedClients } = this.#instruments;
    for (const attributes of this.#unsettled.values()) outboxMessages.add(each, attributes);
    for (const attributes of this.#connected.values()) connectedClients.add(each, attributes);
  }

  #begin(operation: Operation): void {
    this.#startedAtMs.set(operation, performance.now());
  }

  /** One that began before anybody listened has no duration. */
  #record(
    name: "sendDuration" | "connectDuration" | "callDuration",
    operation: Operation,
    attributes: Attributes,
  ): void {
    const startedAtMs = this.#startedAtMs.get(operation);
    if (startedAtMs === undefined) return;
    this.#instruments[name].record((performance.now() - startedAtMs) / 1_000, attributes);
  }

  #countConnected(client: ImDiagnostics["im-sdk:state"]["client"]): void {
    if (this.#connected.has(client)) return;
    const attributes = clientAttributes(client);
    this.#connected.set(client, attributes);
    this.#instruments.connectedClients.add(1, attributes);
  }

  #uncountConnected(client: ImDiagnostics["im-sdk:state"]["client"]): void {
    const attributes = this.#connected.get(client);
    if (attributes === undefined) return;
    this.#connected.delete(client);
    this.#instruments.connectedClients.add(-1, attributes);
  }
}

function messagingAttributes(client: ObservedSend["client"], operation: "send" | "receive"): Attributes {
  return { ...clientAttributes(client), "messaging.operation.name": operation };
}

function deliveryOf({ receipt }: ObservedSend): Attributes {
  return receipt === undefined ? {} : { "im.delivery": receipt.delivery };
}
