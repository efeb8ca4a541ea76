/** What gRPC metadata holds as it is; other text goes as bytes under a name that ends in `-bin`. */
const printableAscii = /^[\x20-\x7e]*$/;

/**
 * Sets `name` to an id, or `name-bin` to its UTF-8 bytes in base64 when the id is not printable ASCII, such as `张三`
 * (gRPC's PROTOCOL-HTTP2 page, "Custom-Metadata").
 */
export function setIdHeader(header: Headers, name: string, id: string): void {
  if (printableAscii.test(id) && id.trim() === id) header.set(name, id);
  else header.set(`${name}-bin`, Buffer.from(id, "utf8").toString("base64"));
}

/** True when plain servers can read the id from a header. */
export function isHeaderId(id: string): boolean {
  return printableAscii.test(id) && id.trim() === id;
}
