import type { Interceptor } from "@connectrpc/connect";
import { setIdHeader } from "./id-header.ts";

export interface IdentityInterceptorOptions {
  /** Who calls; sent as `user-id`, or as `user-id-bin` when it is not ASCII. */
  userId: string;
  /** The first room of a stream; sent as `room-id` or `room-id-bin`. */
  roomId?: string;
  /** Extensions to ask for, such as `ack` and `resume`; none by default, which is the plain contract. */
  capabilities?: readonly string[];
}

/** Names the user in the metadata of every call, and on streams the first room. Headers that are set already stay. */
export function createIdentityInterceptor(options: IdentityInterceptorOptions): Interceptor {
  const { userId, roomId, capabilities = [] } = options;
  return (next) => (request) => {
    const { header } = request;
    if (!header.has("user-id") && !header.has("user-id-bin")) setIdHeader(header, "user-id", userId);
    if (roomId !== undefined && request.stream && !header.has("room-id") && !header.has("room-id-bin")) {
      setIdHeader(header, "room-id", roomId);
    }
    if (capabilities.length > 0 && !header.has("im-capabilities"))
      header.set("im-capabilities", capabilities.join(","));
    return next(request);
  };
}
