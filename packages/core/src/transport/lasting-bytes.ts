import { createContextKey } from "@connectrpc/connect";

/**
 * Context value of a call whose messages hold bytes that nobody changes before the call has ended: large ones are handed to
 * HTTP/2 as they are, not copied. By default a message may be changed once it has been taken.
 */
export const lastingBytesKey = createContextKey(false, { description: "bytes of the messages are not changed" });
