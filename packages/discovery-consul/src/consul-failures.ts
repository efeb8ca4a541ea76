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
  const advice =
    code === "permission_denied" || code === "unauthenticated"
      ? `; the option \`token\` must be a token that has ${permission}`
      : code === "invalid_argument" && status === 404
        ? "; is the option `address` that of Consul's HTTP API?"
        : "";
  return new RegistryError(code, registry, `did not ${what}: ${status} ${said}${advice}`);
}

/** The error for an answer that Consul's access control has thinned out: it says nothing about what there is. */
export function filteredError(registry: string, what: string, permission: string): RegistryError {
  return new RegistryError(
    "permission_denied",
    registry,
    `did not ${what} in full, since the token may not see all; the option \`token\` must be a token that has ${permission}`,
  );
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
  const options = isTls ? "the options `address` and `tls`" : "the option `address`";
  return new RegistryError("unavailable", registry, `did not ${what}: ${why}; check that it runs, and ${options}`, {
    cause,
  });
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
