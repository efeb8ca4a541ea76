import type { Interceptor } from "@connectrpc/connect";

/** Tells the id of every message that a client hands to its transport: seen from outside, which ones have left. */
export function watchOutgoing(onLeft: (messageId: string) => void): Interceptor {
  return (next) => (request) => {
    if (!request.stream || request.method.name !== "StreamMessages") return next(request);
    return next({ ...request, message: watched(request.message, (message) => onLeft(idOf(message))) });
  };
}

function watched<T>(messages: AsyncIterable<T>, onNext: (message: T) => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = messages[Symbol.asyncIterator]();
      const done = Promise.resolve({ done: true as const, value: undefined });
      return {
        async next() {
          const result = await inner.next();
          if (result.done !== true) onNext(result.value);
          return result;
        },
        throw: (reason) => inner.throw?.(reason) ?? done,
        return: () => inner.return?.() ?? done,
      };
    },
  };
}

function idOf(message: unknown): string {
  const { messageId } = message as { messageId?: unknown };
  return typeof messageId === "string" ? messageId : "";
}
