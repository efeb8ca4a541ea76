import { CommanderError } from "commander";
import type { CliIo } from "./cli-io.ts";
import { createProgram } from "./create-program.ts";
import { exitCodes } from "./exit-codes.ts";
import { explainError } from "./explain-error.ts";
import { stdoutFailure } from "./stdout-failure.ts";

/**
 * Runs the command line `im …` with the arguments after the name, and resolves with the exit code. Never rejects: what goes wrong is
 * one line on stderr.
 */
export async function runIm(args: readonly string[], io: CliIo): Promise<number> {
  try {
    await run(args, io);
    io.signal.throwIfAborted();
    return exitCodes.done;
  } catch (error) {
    // Help and version end the same way as mistakes do; what is to be said has been written already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const { message, exitCode } = explainError(io.signal.aborted ? io.signal.reason : error);
    if (message !== undefined) io.stderr.write(`im: ${message}\n`);
    return exitCode;
  }
}

/** That what was written cannot be read counts before all else, also of what failed itself. */
async function run(args: readonly string[], io: CliIo): Promise<void> {
  try {
    await createProgram(io).parseAsync([...args], { from: "user" });
  } finally {
    requireWritten(io);
  }
}

/** Its event comes later than the end of a command that writes and is done; a file knows at once. */
function requireWritten({ stdout }: CliIo): void {
  if (stdout.errored !== null) throw stdoutFailure(stdout.errored);
}
