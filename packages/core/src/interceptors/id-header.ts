/** What gRPC metadata holds as it is. */
const printableAscii = /^[\x20-\x7e]*$/;

/** True when a header can hold the text as it is; spaces at its ends would get lost. */
export function isHeaderText(text: string): boolean {
  return printableAscii.test(text) && text.trim() === text;
}

/**
 * Sets `name` to an id, or `name-bin` to its UTF-8 bytes in base64 when a header cannot hold it as it is, such as `张三`
 * (gRPC's PROTOCOL-HTTP2 page, "Custom-Metadata").
 */
export function setIdHeader(header: Headers, name: string, id: string): void {
  if (isHeaderText(id)) header.set(name, id);
  else header.set(`${name}-bin`, Buffer.from(id, "utf8").toString("base64"));
}
