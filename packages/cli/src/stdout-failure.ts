import { exitCodes } from "./exit-codes.ts";
import { Stopped } from "./stopped.ts";

/** What a command ends with when stdout cannot be written: that its reader has gone is no failure (`im tail | head -1`). */
export function stdoutFailure(error: NodeJS.ErrnoException): Error {
  if (error.code === "EPIPE") return new Stopped(exitCodes.done);
  return new Error(`stdout cannot be written: ${error.message}`, { cause: error });
}
