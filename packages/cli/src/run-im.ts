import { CommanderError } from "commander";
import type { CliIo } from "./cli-io.ts";
import { createProgram } from "./create-program.ts";
import { exitCodes } from "./exit-codes.ts";
import { explainError } from "./explain-error.ts";

/**
 * Runs the command line `im …` with the arguments after the name, and resolves with the exit code. Never rejects: what goes wrong is
 * one line on stderr.
 */
export async function runIm(args: readonly string[], io: CliIo): Promise<number> {
  try {
    await createProgram(io).parseAsync([...args], { from: "user" });
    return io.signal.aborted ? explainError(io.signal.reason).exitCode : exitCodes.done;
  } catch (error) {
    // Help and version end the same way as mistakes do; what is to be said has been written already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const { message, exitCode } = explainError(io.signal.aborted ? io.signal.reason : error);
    if (message !== undefined) io.stderr.write(`im: ${message}\n`);
    return exitCode;
  }
}
