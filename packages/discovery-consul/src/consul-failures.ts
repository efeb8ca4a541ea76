import { STATUS_CODES } from "node:http";
import { RegistryError, type RegistryErrorCode } from "@im-sdk/contracts";

/** An answer of Consul that was not the one hoped for. */
export interface Refusal {
  readonly registry: string;
  readonly status: number;
  readonly body: unknown;
  /** What was asked, as in `Consul did not …`. */
  readonly what: string;
  /** What the token must allow for that. */
  readonly permission: string;
}

/** The error for an answer by its status. Only Consul's own word is quoted, never what was sent: that holds the token. */
export function refusedError({ registry, status, body, what, permission }: Refusal): RegistryError {
  const said = typeof body === "string" && body !== "" ? body.trim().slice(0, 200) : STATUS_CODES[status];
  const code = codeOf(status);
  const isNoToken = code === "permission_denied" || code === "unauthenticated";
  const needed = isNoToken ? `; the token must have ${permission}` : "";
  // Whoever else listens there does not know this path.
  const suspects = isNoToken ? ["token"] : status === 404 ? ["address"] : [];
  return new RegistryError(code, registry, `did not ${what}: ${status} ${said}${needed}`, { suspects });
}

/** The error for an answer that Consul's access control has thinned out: it says nothing about what there is. */
export function filteredError(registry: string, what: string, permission: string): RegistryError {
  const problem = `did not ${what} in full, since the token may not see all; the token must have ${permission}`;
  return new RegistryError("permission_denied", registry, problem, { suspects: ["token"] });
}

/** The error for an answer in time that makes no sense, as from a proxy's error page. */
export function unreadableError(registry: string, what: string): RegistryError {
  return new RegistryError("unavailable", registry, `did not ${what}: the answer is no list`);
}

/** The error when the time was up. */
export function lateError(registry: string, what: string, timeoutMs: number): RegistryError {
  return new RegistryError("unavailable", registry, `did not ${what} within ${timeoutMs} ms`);
}

/** The error when there was no answer at all. */
export function unreachableError(registry: string, what: string, isTls: boolean, cause: unknown): RegistryError {
  // Node leaves the message empty where it has tried several addresses.
  const why = codeOfCause(cause) ?? (cause as Error).message;
  const suspects = isTls ? ["address", "tls"] : ["address"];
  return new RegistryError("unavailable", registry, `did not ${what}: ${why}`, { suspects, cause });
}

/** The request has certainly not reached Consul: there was no connection to send it over. */
export function neverArrived(error: RegistryError): boolean {
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(codeOfCause(error.cause) ?? "");
}

function codeOf(status: number): RegistryErrorCode {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "permission_denied";
  const mayPass = status >= 500 || status === 408 || status === 429;
  return mayPass ? "unavailable" : "invalid_argument";
}

function codeOfCause(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}
