// Bytes a second of an upload from memory.
import { loadPeer, type PeerName } from "../peers/load-peer.ts";
import { turn } from "./turn.ts";

export interface UploadTurn {
  readonly peer: PeerName;
  readonly port: number;
  readonly warmUpBytes: number;
  readonly bytes: number;
}

await turn(async ({ peer, port, warmUpBytes, bytes }: UploadTurn) => {
  const { openUploads } = await loadPeer(peer);
  const recording = Buffer.alloc(bytes, "a recording");
  const uploads = await openUploads(port);
  await uploads.upload(recording.subarray(0, warmUpBytes));
  const startMs = performance.now();
  await uploads.upload(recording);
  const tookMs = performance.now() - startMs;
  await uploads.close();
  return (bytes / tookMs) * 1_000;
});
