import { Code, ConnectError, decodeBinaryHeader } from "@connectrpc/connect";

/**
 * The text of the request metadata `name`, or of `name-bin`, which carries UTF-8 in base64 since gRPC metadata is ASCII;
 * empty when there is neither. Throws INVALID_ARGUMENT when the binary one is not that.
 */
export function metadataText(headers: Headers, name: string): string {
  const binary = headers.get(`${name}-bin`);
  if (binary === null) return headers.get(name)?.trim() ?? "";
  try {
    const bytes = decodeBinaryHeader(binary.split(",")[0]?.trim() ?? "");
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const message = `request metadata ${name}-bin is not base64 of UTF-8 text`;
    throw new ConnectError(message, Code.InvalidArgument, undefined, undefined, cause);
  }
}
