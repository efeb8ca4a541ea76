import { type Compression, compressedFlag, encodeEnvelope } from "@connectrpc/connect/protocol";
import { encodeFrame, prefixBytes } from "./frame-codec.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";

/** Smaller messages are not worth it; connect's default. */
const compressMinBytes = 1024;

/**
 * A frame as its gRPC envelope, which is made once for all streams that have the same compression. A promise says that it is
 * being compressed: ask again when that has resolved. Throws, or rejects, when the frame cannot be encoded.
 */
export function envelopeOf(frame: OutgoingFrame, compression: Compression | null): Uint8Array | Promise<void> {
  frame.envelope ??= encodeFrame(frame.message);
  if (compression === null || frame.envelope.byteLength < prefixBytes + compressMinBytes) return frame.envelope;
  frame.compressed ??= new Map();
  const known = frame.compressed.get(compression.name);
  if (known !== undefined) return known;
  const made = compress(frame.envelope, compression, frame.compressed);
  frame.compressed.set(compression.name, made);
  return made;
}

async function compress(
  envelope: Uint8Array,
  compression: Compression,
  results: Map<string, Uint8Array | Promise<void>>,
): Promise<void> {
  const data = new Uint8Array(envelope.subarray(prefixBytes));
  results.set(compression.name, encodeEnvelope(compressedFlag, await compression.compress(data)));
}
