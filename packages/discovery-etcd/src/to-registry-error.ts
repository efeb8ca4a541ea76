import { RegistryError, type RegistryErrorCode } from "@im-sdk/contracts";
import {
  EtcdAuthenticationFailedError,
  EtcdPermissionDeniedError,
  GRPCDeadlineExceededError,
  GRPCInvalidArgumentError,
  GRPCNotImplementedError,
  GRPCOutOfRangeError,
  GRPCUnauthenticatedError,
} from "etcd3";

/** What an error is judged by, besides itself. */
export interface ErrorContext {
  /** Such as `etcd at localhost:2379`. */
  readonly registry: string;
  readonly prefix: string;
  readonly username: string | undefined;
  readonly timeoutMs: number;
}

/**
 * An error of etcd3 as one of ours. By class: etcd3 has told etcd's answers apart already. Whatever is not known to be a
 * refusal may be different at the next try, so it is `unavailable`.
 */
export function toRegistryError(error: unknown, context: ErrorContext): RegistryError {
  if (error instanceof RegistryError) return error;
  const { registry, prefix, username, timeoutMs } = context;
  const words = plainWords(error instanceof Error ? error.message : String(error));
  const failed = (code: RegistryErrorCode, problem: string, ...suspects: string[]) =>
    new RegistryError(code, registry, problem, { suspects, cause: error });
  // A client certificate may name a user, too.
  const user = username === undefined ? "a client without a user" : `user "${username}"`;
  if (error instanceof EtcdAuthenticationFailedError) {
    return failed("unauthenticated", `does not take ${user} with this password`, "auth");
  }
  if (error instanceof GRPCUnauthenticatedError) {
    const problem = `does not take the token that it has just given to ${user}: check its option --auth-token`;
    return failed("unauthenticated", problem);
  }
  if (error instanceof EtcdPermissionDeniedError) {
    const problem = `does not let ${user} read and write below "${prefix}/": grant a role that may`;
    return failed("permission_denied", problem, ...(username === undefined ? ["auth"] : []));
  }
  if (error instanceof GRPCInvalidArgumentError && username === undefined) {
    // This is how etcd answers to nobody when it wants somebody ("user name is empty").
    return failed("unauthenticated", `refuses a request without a user (${words})`, "auth");
  }
  if (error instanceof GRPCInvalidArgumentError || error instanceof GRPCOutOfRangeError) {
    return failed("invalid_argument", `refuses the request: ${words}`);
  }
  if (error instanceof GRPCNotImplementedError) {
    return failed("invalid_argument", `does not speak the API of etcd v3 (${words})`, "endpoints");
  }
  if (error instanceof GRPCDeadlineExceededError) {
    return failed("unavailable", `did not answer within ${timeoutMs / 1_000} s: is it overloaded, or cut off?`);
  }
  return failed("unavailable", `is away (${words})`, "endpoints", "tls");
}

/** What happened, of `14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED …. Resolution note: `. */
function plainWords(message: string): string {
  const words = message.replace(/^\d+ [A-Z_]+: /, "");
  const [, lastError = words] = /Last error: (.*?)\. Resolution note: /s.exec(words) ?? [];
  return lastError.replace(/^Error: /, "");
}
