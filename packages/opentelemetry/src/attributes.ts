import type { ImDiagnostics, ObservedCall, ObservedConnect, ObservedReceive, ObservedSend } from "@im-sdk/core";
import type { Attributes } from "@opentelemetry/api";

type Client = ImDiagnostics[keyof ImDiagnostics]["client"];

/*
 * Names are those of OpenTelemetry's semantic conventions where there is one (opentelemetry.io/docs/specs/semconv: messaging, rpc,
 * server, error), and begin with `im.` where there is none. Metrics get what has few values only: no room, user or message.
 */

export function clientAttributes({ serviceName }: Client): Attributes {
  return { "messaging.system": "im", "im.service.name": serviceName };
}

export function errorAttributes(observed: { readonly error?: ObservedCall["error"] }): Attributes {
  return observed.error === undefined ? {} : { "error.type": observed.error.code };
}

export function serverAttributes({ instance }: Pick<ObservedConnect, "instance">): Attributes {
  return instance === undefined ? {} : { "server.address": instance.address, "server.port": instance.port };
}

export function callAttributes({ method }: ObservedCall): Attributes {
  return { "rpc.system": "grpc", "rpc.service": "im.v1.IMService", "rpc.method": method };
}

export function messageAttributes(message: ObservedSend | ObservedReceive): Attributes {
  return {
    "messaging.destination.name": message.roomId,
    "messaging.message.id": message.messageId,
    "messaging.message.body.size": message.contentBytes,
  };
}
