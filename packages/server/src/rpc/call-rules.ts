import type { HandlerContext } from "@connectrpc/connect";
import { tokenUserKey } from "../identity/caller.ts";
import type { ServiceContext } from "../service-context.ts";

/** Ids, type, timestamp and field tags around the content of a frame. */
export const frameOverheadBytes: number = 64 * 1024;

/** What holds for every call of `im.v1`. */
export interface CallRules {
  /** A larger message ends the call with RESOURCE_EXHAUSTED. */
  readonly readMaxBytes: number;
  /** Run before the body is read: who has no token cannot make the server buffer anything. Rejects with UNAUTHENTICATED. */
  readonly requestGate: (call: HandlerContext) => Promise<void>;
}

export function callRules({ options, authenticator }: ServiceContext): CallRules {
  const { maxMessageBytes, maxUploadChunkBytes } = options.limits;
  return {
    // A message that is only somewhat too large is refused by name, on a stream that lives on; see postMessage.
    readMaxBytes: Math.max(maxMessageBytes, maxUploadChunkBytes) + frameOverheadBytes,
    requestGate: async (call) => {
      call.values.set(tokenUserKey, await authenticator.userOf(call.requestHeader));
    },
  };
}
