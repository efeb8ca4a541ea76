import { constants } from "node:http2";
import { type ConnectRouter, createConnectRouter, type Interceptor } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { RequestListener } from "./http2-host.ts";

/** Serves the routes by gRPC, gRPC-Web and Connect. Calls that are cut off end in silence: tests cut them on purpose. */
export function listenerOf(routes: (router: ConnectRouter) => void, interceptor: Interceptor): RequestListener {
  const router = createConnectRouter({ interceptors: [interceptor] });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response) => {
    request.stream.on("error", () => {});
    const handler = handlers.get(request.url.split("?", 1)[0] ?? "");
    if (handler === undefined) {
      response.writeHead(404).end();
      return;
    }
    handler(universalRequestFromNodeRequest(request, response, undefined, undefined))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch(() => request.stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  };
}
