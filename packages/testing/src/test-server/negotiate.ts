import { decodeBinaryHeader, type HandlerContext } from "@connectrpc/connect";

const header = "im-capabilities";

/** The extensions that a call was granted. */
export interface Granted {
  readonly ack: boolean;
  readonly resume: boolean;
}

/** Grants what a request asks for, if the server has `extensions`, and says so in the response header. */
export function negotiate({ requestHeader, responseHeader }: HandlerContext, extensions: boolean): Granted {
  const asked = (requestHeader.get(header) ?? "").split(",").map((name) => name.trim().toLowerCase());
  const granted = ["ack", "resume"].filter((name) => extensions && asked.includes(name));
  if (granted.length > 0) responseHeader.set(header, granted.join(", "));
  return { ack: granted.includes("ack"), resume: granted.includes("resume") };
}

/** The text of the request metadata `name`, or of `name-bin`, which is UTF-8; empty when there is neither. */
export function headerText({ requestHeader }: HandlerContext, name: string): string {
  const binary = requestHeader.get(`${name}-bin`);
  return binary === null ? (requestHeader.get(name) ?? "") : new TextDecoder().decode(decodeBinaryHeader(binary));
}
