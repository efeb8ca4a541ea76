import { ImError, type ImErrorCode } from "@im-sdk/core";
import { exitCodes } from "./exit-codes.ts";
import { failureText, registryErrorIn } from "./failure-text.ts";
import { Stopped } from "./stopped.ts";
import { UsageError } from "./usage-error.ts";

/** How a failure is told to a person, and to a script. */
export interface Explanation {
  /** One line; undefined when there is nothing to say. */
  readonly message: string | undefined;
  readonly exitCode: number;
}

/** What went wrong as one line, with what to do next where the error does not say so by itself. */
export function explainError(error: unknown): Explanation {
  if (error instanceof Stopped) return { message: undefined, exitCode: error.exitCode };
  if (error instanceof UsageError) return { message: error.message, exitCode: exitCodes.usage };
  const message = failureText(error);
  const registry = registryErrorIn(error);
  if (error instanceof ImError) {
    const hint = registry === undefined ? hints[error.code] : undefined;
    // Without a cause it was not the server who said so.
    const isUsage = error.code === "invalid_argument" && error.cause === undefined;
    const exitCode = isUsage ? exitCodes.usage : (exitCodeOf[error.code] ?? exitCodes.failed);
    return { message: hint === undefined ? message : `${message} (${hint})`, exitCode };
  }
  const isAway = registry !== undefined && !registry.isFinal;
  return { message, exitCode: isAway ? exitCodes.unavailable : exitCodes.failed };
}

const hints: Partial<Record<ImErrorCode, string>> = {
  unavailable: "is the server up, and are --server and --tls right?",
  deadline_exceeded: "--timeout gives it longer",
  expired: "nothing was sent; trying again is safe",
  unknown: "it may have arrived or not",
  unauthenticated: "is --token, or IM_TOKEN, right?",
  permission_denied: "is --user one that may do this?",
  unimplemented: "this server does not offer it",
};

const exitCodeOf: Partial<Record<ImErrorCode, number>> = {
  unavailable: exitCodes.unavailable,
  deadline_exceeded: exitCodes.unavailable,
  expired: exitCodes.unavailable,
  unknown: exitCodes.unknown,
};
