import { extname } from "node:path";
import type { AudioSource } from "@im-sdk/core";
import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { readCommonOptions } from "../options/common-options.ts";
import { duration } from "../options/parse-option.ts";
import { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { showProgress } from "../output/show-progress.ts";
import { UsageError } from "../usage-error.ts";
import { withClient } from "../with-client.ts";

const examples = `
Examples:
  im upload lobby hello.opus --duration 3.2
  im upload lobby hello.opus --send                upload it, and say so in the room
  record | im upload lobby - --format wav --json`;

interface Flags {
  readonly format?: string;
  readonly duration?: number;
  readonly send?: boolean;
}

/** `im upload`: uploads a recording and prints its id and address. */
export function addUploadCommand(program: Command, io: CliIo): void {
  program
    .command("upload")
    .summary("upload a recording")
    .description(
      "Uploads a recording, or with - what comes from stdin, and prints its id and address. It is never tried twice.",
    )
    .argument("<room>", "where to")
    .argument("<file>", "what")
    .option("--format <format>", "container or codec, such as opus or wav (default: the ending of the file's name)")
    .option("--duration <time>", "length of the recording, such as 3.2s", duration)
    .option("--send", "send the recording to the room as a message, too")
    .addHelpText("after", examples)
    .action(async (roomId: string, path: string, flags: Flags, command: Command) => {
      const options = readCommonOptions(command);
      const output = new Output(io, options.json);
      const { signal } = io;
      const format = flags.format ?? extname(path).slice(1).toLowerCase();
      if (format === "") throw new UsageError(`--format is needed: the name ${printable(path)} does not tell it`);
      const durationSeconds = (flags.duration ?? 0) / 1000;
      const source: AudioSource = path === "-" ? io.stdin : { path };
      await withClient(io, options, async (client) => {
        const progress = showProgress(io.stderr);
        const { onProgress } = progress;
        const { audioId, audioUrl } = await client
          .uploadAudio(roomId, source, { format, durationSeconds, signal, onProgress })
          .finally(() => progress.end());
        await output.result({ roomId, audioId, audioUrl }, () => printable(`${audioId}  ${audioUrl}`));
        if (flags.send !== true) return;
        const size = progress.sentBytes();
        await client.sendAudioMessage(
          roomId,
          { audioId, audioUrl, format, size, duration: durationSeconds },
          { signal },
        );
      });
    });
}
