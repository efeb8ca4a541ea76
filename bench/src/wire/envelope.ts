/** A gRPC message, not compressed. */
export function envelope(data: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(5 + data.byteLength);
  result[0] = 0;
  result.writeUInt32BE(data.byteLength, 1);
  result.set(data, 5);
  return result;
}
