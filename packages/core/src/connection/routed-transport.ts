import { type ContextValues, createContextKey, type Transport } from "@connectrpc/connect";
import { ImError } from "../im-error.ts";
import type { Link } from "./link.ts";

/** Context value by which a caller learns which link its call went to. */
export const routeObserverKey = createContextKey<((link: Link) => void) | undefined>(undefined, {
  description: "told the link that a call is made on",
});

/** A transport that makes every call on the link of the moment, and waits for one while there is none. */
export function createRoutedTransport(ready: (signal: AbortSignal | undefined) => Promise<Link>): Transport {
  async function route(signal: AbortSignal | undefined, contextValues: ContextValues | undefined): Promise<Link> {
    try {
      const link = await ready(signal);
      contextValues?.get(routeObserverKey)?.(link);
      return link;
    } catch (reason) {
      throw reason instanceof ImError ? reason.toConnectError() : reason;
    }
  }

  return {
    async unary(method, signal, timeoutMs, header, message, contextValues) {
      const link = await route(signal, contextValues);
      return link.base.unary(method, signal, timeoutMs, header, message, contextValues);
    },
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const link = await route(signal, contextValues);
      return link.base.stream(method, signal, timeoutMs, header, input, contextValues);
    },
  };
}
