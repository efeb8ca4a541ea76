export type { CliIo } from "./cli-io.ts";
export { exitCodes } from "./exit-codes.ts";
export { processIo } from "./process-io.ts";
export { runIm } from "./run-im.ts";
export { Stopped } from "./stopped.ts";
