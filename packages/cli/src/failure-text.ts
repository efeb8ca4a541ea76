import { RegistryError } from "@im-sdk/core";
import { printable } from "./output/printable.ts";

/** What went wrong, on one line. Of a failure of the registry it is that, with the flags and variables to check. */
export function failureText(error: unknown): string {
  const registry = registryErrorIn(error);
  if (registry !== undefined) return printable(`${registry.problem}${hint(registry)}`);
  return printable(error instanceof Error ? error.message : String(error));
}

/** The failure of a registry that is behind an error. */
export function registryErrorIn(error: unknown): RegistryError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof RegistryError) return each;
  return undefined;
}

/** What the options of the discoveries are here. */
const names: Readonly<Record<string, string>> = {
  address: "--consul",
  endpoints: "--etcd",
  token: "CONSUL_HTTP_TOKEN",
  auth: "ETCDCTL_USER",
  tls: "the variables for its TLS",
};

function hint({ code, suspects }: RegistryError): string {
  const known = suspects.map((option) => names[option] ?? option);
  if (known.length === 0) return "";
  const question = code === "unavailable" ? "does it run, and " : "";
  return `; ${question}${known.length === 1 ? "is" : "are"} ${known.join(" and ")} right?`;
}
