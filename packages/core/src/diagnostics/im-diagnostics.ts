import type { ServiceInstance } from "@im-sdk/contracts";
import type { MessageType } from "@im-sdk/gen";
import type { Gap } from "../delivery/gap.ts";
import type { SendReceipt } from "../delivery/send-receipt.ts";
import type { ImEvents } from "../events/im-events.ts";
import type { ImError } from "../im-error.ts";

/** The client that something is about: one object for each, the same in all that it publishes. */
export interface ObservedClient {
  readonly userId: string;
  readonly serviceName: string;
}

/** A try to open a stream. */
export interface ObservedConnect {
  readonly client: ObservedClient;
  /** Undefined on a transport of the user's own. */
  readonly instance: ServiceInstance | undefined;
  /** Set in the end when it failed. */
  error?: ImError;
}

/** A message from when it was taken for sending until it is settled. */
export interface ObservedSend {
  readonly client: ObservedClient;
  readonly roomId: string;
  readonly messageId: string;
  readonly type: MessageType;
  /** Bytes of the content. */
  readonly contentBytes: number;
  /** Set in the end when it went well. */
  receipt?: SendReceipt;
  /** Set in the end when it did not. */
  error?: ImError;
}

/** A unary call or an upload, with all of its attempts. */
export interface ObservedCall {
  readonly client: ObservedClient;
  /** Name of the method in `im.v1.IMService`, such as `JoinRoom`. */
  readonly method: string;
  /** Set in the end when it failed. */
  error?: ImError;
}

/** A message that is handed to the consumers. */
export interface ObservedReceive {
  readonly client: ObservedClient;
  readonly roomId: string;
  readonly messageId: string;
  readonly fromUserId: string;
  readonly type: MessageType;
  /** Bytes of the content. */
  readonly contentBytes: number;
}

type Told<Name extends keyof ImEvents> = { readonly client: ObservedClient } & ImEvents[Name];

/**
 * What every client of the process publishes, by the name of the channel of `node:diagnostics_channel`. What has a `:start` and an
 * `:end` publishes one object twice, so that it can be the key of a map; `:start` is published within the caller's call.
 */
export interface ImDiagnostics {
  "im-sdk:connect:start": ObservedConnect;
  "im-sdk:connect:end": ObservedConnect;
  "im-sdk:send:start": ObservedSend;
  "im-sdk:send:end": ObservedSend;
  "im-sdk:call:start": ObservedCall;
  "im-sdk:call:end": ObservedCall;
  "im-sdk:receive": ObservedReceive;
  "im-sdk:state": Told<"stateChange">;
  "im-sdk:disconnect": { readonly client: ObservedClient; readonly error: ImError | undefined };
  "im-sdk:reconnecting": Told<"reconnecting">;
  "im-sdk:gap": { readonly client: ObservedClient } & Gap;
  "im-sdk:instances": Told<"instances">;
  "im-sdk:error": { readonly client: ObservedClient; readonly error: ImError };
}
