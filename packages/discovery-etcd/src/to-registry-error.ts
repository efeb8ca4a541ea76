import { RegistryError } from "@im-sdk/contracts";
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
  const words = error instanceof Error ? error.message : String(error);
  // A client certificate may name a user, too.
  const user = username === undefined ? "a client without option auth" : `user "${username}"`;
  const options = { cause: error };
  if (error instanceof EtcdAuthenticationFailedError) {
    const message = `does not take ${user} with this password: check option auth`;
    return new RegistryError("unauthenticated", registry, message, options);
  }
  if (error instanceof GRPCUnauthenticatedError) {
    const message = `does not take the token that it has just given to ${user}: check its option --auth-token`;
    return new RegistryError("unauthenticated", registry, message, options);
  }
  if (error instanceof EtcdPermissionDeniedError) {
    const message = `does not let ${user} read and write below "${prefix}/": grant a role that may`;
    return new RegistryError("permission_denied", registry, message, options);
  }
  if (error instanceof GRPCInvalidArgumentError && username === undefined) {
    // This is how etcd answers to nobody when it wants somebody ("user name is empty").
    const message = `refuses a request without a user (${words}): set option auth`;
    return new RegistryError("unauthenticated", registry, message, options);
  }
  if (error instanceof GRPCInvalidArgumentError || error instanceof GRPCOutOfRangeError) {
    return new RegistryError("invalid_argument", registry, `refuses the request: ${words}`, options);
  }
  if (error instanceof GRPCNotImplementedError) {
    const message = `does not speak the API of etcd v3 (${words}): check option endpoints`;
    return new RegistryError("invalid_argument", registry, message, options);
  }
  const message =
    error instanceof GRPCDeadlineExceededError
      ? `did not answer within ${timeoutMs / 1_000} s: is it overloaded, or cut off?`
      : `is away (${words}): does it run, and are the options endpoints and tls right?`;
  return new RegistryError("unavailable", registry, message, options);
}
