import type { ClientHttp2Stream } from "node:http2";
import { createContextKey } from "@connectrpc/connect";

/** What the batched stream tells about a call that the Connect interfaces have no word for. */
export interface StreamObserver {
  /** The HTTP/2 stream is open and its headers are on their way. */
  onOpen?(stream: ClientHttp2Stream): void;
  /** A received message that is larger than the limit was left out; without this it ends the call. */
  onTooLarge?(): void;
  /** These messages have been handed to HTTP/2. */
  onWrite?(messages: readonly unknown[]): void;
}

/** Context value under which a caller passes its observer; transports that do not know it ignore it. */
export const streamObserverKey = createContextKey<StreamObserver | undefined>(undefined, {
  description: "observer of a batched stream",
});
