import { StoreError } from "@im-sdk/contracts";

/** The folder is open in this process. */
export function lockedHere(path: string): StoreError {
  return new StoreError("locked", `the store at "${path}" is open in this process: give each client a path of its own`);
}

/** What the folder holds is not what was written. */
export function corrupt(path: string, damage: string, cause?: unknown): StoreError {
  return new StoreError(
    "corrupt",
    `the store at "${path}" is damaged: ${damage}; nothing was removed: restore the folder, or move it away to begin anew`,
    { cause },
  );
}

/** What LevelDB or the file system threw, as an error that names the path; a StoreError stays as it is. */
export function toStoreError(path: string, doing: "open" | "write" | "close", error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  // An open that failed has its reason as the cause.
  const reason = hasCode(error, "LEVEL_DATABASE_NOT_OPEN") && error.cause !== undefined ? error.cause : error;
  const message = reason instanceof Error ? reason.message : String(reason);
  if (hasCode(reason, "LEVEL_LOCKED")) {
    return new StoreError(
      "locked",
      `the store at "${path}" is open in another process: end that one, or give each client a path of its own`,
      { cause: reason },
    );
  }
  if (hasCode(reason, "LEVEL_CORRUPTION")) return corrupt(path, message, reason);
  return new StoreError("failed", `could not ${doing} the store at "${path}": ${message}${advice[doing]}`, {
    cause: reason,
  });
}

const advice = {
  open: "; check that the folder can be read and written, and has not lost files",
  write: "; nothing more is written until it is closed and loaded again",
  close: "",
};

function hasCode(error: unknown, code: string): error is Error & { code: string } {
  return error instanceof Error && "code" in error && error.code === code;
}
