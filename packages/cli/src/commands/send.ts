import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { readCommonOptions } from "../options/common-options.ts";
import { Output } from "../output/output.ts";
import { receiptText } from "../output/receipt-text.ts";
import { UsageError } from "../usage-error.ts";
import { withClient } from "../with-client.ts";
import { sendLines } from "./send-lines.ts";

const examples = `
Examples:
  im send lobby hello everybody
  git log -1 --format=%s | im send lobby
  tail -F app.log | im send --lines logs --json
  im send lobby "pay order 17" --id order-17       trying again under the same id makes no second message`;

interface Flags {
  readonly lines?: boolean;
  readonly id?: string;
}

/** `im send`: says something in a room, and prints the receipt. */
export function addSendCommand(program: Command, io: CliIo): void {
  program
    .command("send")
    .summary("send a text, or a text a line")
    .description("Sends a text to a room and prints the receipt. Without TEXT, or with -, the text is read from stdin.")
    .argument("<room>", "where to")
    .argument("[text...]", "what to say")
    .option("--lines", "send each line of stdin as a message, as it comes; empty lines are left out")
    .option("--id <id>", "id of the message; the server keeps one copy of those with the same")
    .addHelpText("after", examples)
    .action(async (roomId: string, words: string[], flags: Flags, command: Command) => {
      const options = readCommonOptions(command);
      const output = new Output(io, options.json);
      const isFromStdin = words.length === 0 || (words.length === 1 && words[0] === "-");
      if (flags.lines === true) {
        if (!isFromStdin) throw new UsageError("--lines reads stdin: leave TEXT away");
        if (flags.id !== undefined) throw new UsageError("--id is for one message, and --lines sends many");
        return withClient(io, options, (client) => sendLines(client, roomId, { io, output }));
      }
      const content = isFromStdin ? await readText(io) : words.join(" ");
      if (content === "") throw new UsageError("nothing to send: the text is empty");
      return withClient(io, options, async (client) => {
        const messageId = flags.id === undefined ? {} : { messageId: flags.id };
        const receipt = await client.sendTextMessage(roomId, content, { signal: io.signal, ...messageId });
        await output.result({ roomId, ...receipt }, () => receiptText(receipt));
      });
    });
}

/** All of stdin but the line break at its end. */
async function readText({ stdin, stderr, signal }: CliIo): Promise<string> {
  if (stdin.isTTY) stderr.write("Type the message; Ctrl-D on a line of its own sends it.\n");
  return (await text(addAbortSignal(signal, stdin))).replace(/\r?\n$/, "");
}
