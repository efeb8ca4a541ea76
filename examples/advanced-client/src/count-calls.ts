import type { Interceptor } from "@connectrpc/connect";

/** A Connect interceptor of your own: sees every attempt of every call, and the stream. */
export function countCalls(calls: Map<string, number>): Interceptor {
  return (next) => (request) => {
    const { name } = request.method;
    calls.set(name, (calls.get(name) ?? 0) + 1);
    request.header.set("x-app-version", "1.2.3");
    return next(request);
  };
}
