/** The request and response header by which extensions are negotiated. */
export const capabilitiesHeader = "im-capabilities";

/** The extensions that there are. */
export type Capability = "ack" | "resume";

export const allCapabilities: readonly Capability[] = ["ack", "resume"];

/** What a stream was granted; a stream that has neither gets the plain contract and nothing else. */
export interface Capabilities {
  /** ACK frames answer messages that ask for one. */
  readonly ack: boolean;
  /** Frames carry their position; JOIN_ROOM frames are answered. */
  readonly resume: boolean;
}

/** What of the requested extensions the server offers. Order, spacing and case of the header do not matter. */
export function grantCapabilities(header: string | null, offered: ReadonlySet<Capability>): Capabilities {
  const asked = new Set((header ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const granted = (capability: Capability) => asked.has(capability) && offered.has(capability);
  return { ack: granted("ack"), resume: granted("resume") };
}

/** Granted extensions as the response header names them; undefined when there are none. */
export function formatCapabilities(granted: Capabilities): string | undefined {
  const names = allCapabilities.filter((capability) => granted[capability]);
  return names.length === 0 ? undefined : names.join(", ");
}

/** Negotiates for one call: grants what its request asks for and says so in its response header. */
export function negotiate(
  context: { requestHeader: Headers; responseHeader: Headers },
  offered: ReadonlySet<Capability>,
): Capabilities {
  const granted = grantCapabilities(context.requestHeader.get(capabilitiesHeader), offered);
  const header = formatCapabilities(granted);
  if (header !== undefined) context.responseHeader.set(capabilitiesHeader, header);
  return granted;
}
