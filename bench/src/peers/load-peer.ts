import type { Peer } from "./peer.ts";

/** Loads one peer and none of the others: each is compiled as in an app of its own. */
export async function loadPeer(name: PeerName): Promise<Peer> {
  return modules[name]();
}

const modules = {
  "@im-sdk/core": async () => (await import("./im-client.ts")).imClient,
  "grpc-js": async () => (await import("./grpc-js.ts")).grpcJs,
  "connect-node": async () => (await import("./connect-node.ts")).connectNode,
  "node-http2": async () => (await import("./node-http2.ts")).nodeHttp2,
} as const satisfies Record<string, () => Promise<Peer>>;

export type PeerName = keyof typeof modules;

/** All there are, ours first. */
export const peerNames = Object.keys(modules) as PeerName[];
