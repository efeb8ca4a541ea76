import type { ClientSessionOptions, SecureClientSessionOptions } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

type SessionOptions = ClientSessionOptions | SecureClientSessionOptions;

/** HTTP/2's own 64 KiB would hold a fast stream to one window a round trip. */
const streamWindowBytes = 4 * 1024 * 1024;

/** The owner of the HTTP/2 connection to a server, for unary calls and streams alike. */
export function createSessionManager(baseUrl: string, options?: SessionOptions): Http2SessionManager {
  const manager = new Http2SessionManager(baseUrl, undefined, sessionOptions(options));
  const { host, hostname } = new URL(baseUrl);
  if (hostname.startsWith("[")) {
    // Node leaves the brackets of an IPv6 address out of the authority, which servers then cannot read (RFC 3986, 3.2.2).
    const request = manager.request.bind(manager);
    manager.request = (method, path, headers, how) => request(method, path, { ":authority": host, ...headers }, how);
  }
  return manager;
}

/** Session options that the batched stream is at its best with; a user's own win. */
export function sessionOptions(options: SessionOptions = {}): SessionOptions {
  return {
    maxSessionMemory: 256,
    ...options,
    settings: { initialWindowSize: streamWindowBytes, enablePush: false, ...options.settings },
  };
}
