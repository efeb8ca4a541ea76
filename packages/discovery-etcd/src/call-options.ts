import type { KVClient } from "etcd3";

/** What etcd3 takes as options of a call: those of grpc-js. */
export type CallOptions = NonNullable<Parameters<KVClient["range"]>[1]>;

type Interceptor = NonNullable<CallOptions["interceptors"]>[number];

type CallStatus = Parameters<ReturnType<Interceptor>["cancelWithStatus"]>[0];

// Status codes of gRPC: https://grpc.io/docs/guides/status-codes/.
const cancelled: CallStatus = 1;
const unauthenticated: CallStatus = 16;

/** What goes with a call. */
export interface CallContext {
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  /** Default: none, for a stream that stays open. */
  readonly timeoutMs?: number;
}

/**
 * Options with which a call of etcd3 bears our own token and can be cancelled; `release` lets go of the signal once the call
 * is over.
 *
 * etcd3 does neither. It could fetch tokens by itself, but opens a connection for each that it never closes, tries the
 * endpoints in a fixed order without a deadline, asks again without end or pause as long as a token is refused, and not at
 * all for a stream.
 */
export function createCallOptions({ token, signal, timeoutMs }: CallContext): {
  options: CallOptions;
  release: () => void;
} {
  let cancel: (() => void) | undefined;
  const onAbort = () => cancel?.();
  const intercept: Interceptor = (options, nextCall) => {
    const call = nextCall(options);
    const start = call.start.bind(call);
    call.start = (metadata, listener) => {
      // Without it, a member that lost its cluster keeps a watch open and says nothing. See
      // https://pkg.go.dev/go.etcd.io/etcd/clientv3#WithRequireLeader.
      metadata.set("hasleader", "true");
      if (token !== undefined) metadata.set("token", token);
      start(metadata, {
        ...listener,
        onReceiveStatus: (status) =>
          listener?.onReceiveStatus?.(status.code === unauthenticated ? hide(status) : status),
      });
    };
    cancel = () => call.cancelWithStatus(cancelled, "no longer wanted");
    if (signal.aborted) queueMicrotask(cancel);
    // grpc-js asks for its class and uses the interface; the class would be a dependency of its own.
    return call as ReturnType<Interceptor>;
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    options: { interceptors: [intercept], ...(timeoutMs !== undefined && { deadline: Date.now() + timeoutMs }) },
    release: () => signal.removeEventListener("abort", onAbort),
  };
}

/** etcd3 would know etcd's words for a refused token, and make the same call again and again until its deadline. */
function hide<T extends { details: string }>(status: T): T {
  return { ...status, details: "the token is refused" };
}
