import type { ObservedCall, ObservedConnect, ObservedSend } from "@im-sdk/core";
import { context, type Span, SpanKind, type SpanOptions, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import {
  callAttributes,
  clientAttributes,
  errorAttributes,
  messageAttributes,
  serverAttributes,
} from "./attributes.ts";
import type { Observers } from "./subscribe.ts";

type Operation = ObservedConnect | ObservedSend | ObservedCall;

/** A span for each send, try to connect and call, under the span that was active where it was begun. */
export class OperationSpans {
  #tracer: Tracer;
  readonly #open = new Map<Operation, Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  readonly observers: Observers = {
    "im-sdk:connect:start": (connect) =>
      this.#begin(connect, "im connect", { kind: SpanKind.CLIENT, attributes: serverAttributes(connect) }),
    "im-sdk:connect:end": (connect) => this.#end(connect),
    "im-sdk:call:start": (call) =>
      this.#begin(call, `im.v1.IMService/${call.method}`, { kind: SpanKind.CLIENT, attributes: callAttributes(call) }),
    "im-sdk:call:end": (call) => this.#end(call),
    "im-sdk:send:start": (send) =>
      this.#begin(send, "im send", {
        kind: SpanKind.PRODUCER,
        attributes: {
          "messaging.operation.name": "send",
          "messaging.operation.type": "send",
          ...messageAttributes(send),
        },
      }),
    "im-sdk:send:end": (send) => {
      const { receipt } = send;
      if (receipt !== undefined) this.#open.get(send)?.setAttribute("im.delivery", receipt.delivery);
      this.#end(send);
    },
  };

  /** Begins spans with another tracer from now on; those that are open end where they began. */
  useTracer(tracer: Tracer): void {
    this.#tracer = tracer;
  }

  /** Ends what is open: nobody will hear how it went. */
  close(): void {
    for (const span of this.#open.values()) span.end();
    this.#open.clear();
  }

  #begin(operation: Operation, name: string, options: SpanOptions): void {
    const attributes = { ...clientAttributes(operation.client), ...options.attributes };
    this.#open.set(operation, this.#tracer.startSpan(name, { ...options, attributes }, context.active()));
  }

  /** One that began before anybody listened has no span. */
  #end(operation: Operation): void {
    const span = this.#open.get(operation);
    if (span === undefined) return;
    this.#open.delete(operation);
    const { error } = operation;
    if (error !== undefined) {
      span.setAttributes(errorAttributes(operation));
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    span.end();
  }
}
