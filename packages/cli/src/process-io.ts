import type { CliIo } from "./cli-io.ts";
import { exitCodes } from "./exit-codes.ts";
import { stdoutFailure } from "./stdout-failure.ts";
import { Stopped } from "./stopped.ts";

/**
 * This process as a {@link CliIo}. SIGINT and SIGTERM abort its signal, and so does a reader of stdout that has gone, which is no
 * failure (`im tail | head -1`). A second signal ends the process on the spot.
 */
export function processIo(): CliIo {
  const { stdin, stdout, stderr, env } = process;
  const controller = new AbortController();
  const { signal } = controller;
  const onSignal = (exitCode: number) => () => {
    if (signal.aborted) process.exit(exitCode);
    controller.abort(new Stopped(exitCode));
  };
  process.on("SIGINT", onSignal(exitCodes.interrupted));
  process.on("SIGTERM", onSignal(exitCodes.terminated));
  // A terminal that has closed.
  process.on("SIGHUP", onSignal(exitCodes.terminated));
  stdout.on("error", (error) => controller.abort(stdoutFailure(error)));
  // With nobody to read what went wrong, there is nobody to tell.
  stderr.on("error", () => {});
  return { stdin, stdout, stderr, env, signal };
}
