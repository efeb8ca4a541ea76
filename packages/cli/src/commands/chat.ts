import type { Command } from "commander";
import { ChatScreen } from "../chat/chat-screen.ts";
import { ChatSession } from "../chat/chat-session.ts";
import type { CliIo } from "../cli-io.ts";
import { readCommonOptions } from "../options/common-options.ts";
import { wholeNumber } from "../options/parse-option.ts";
import { styledFor } from "../output/output.ts";
import { UsageError } from "../usage-error.ts";
import { createClient } from "../with-client.ts";

const examples = `
Examples:
  im chat lobby
  im chat lobby --user bob --server im.example.com:443 --tls

In the room:
  A line is sent with Enter. While it is under way it stands as "… text" above the line to type in; then it carries ✓ when the
  server has stored it, → when it was handed over to a server that says no more, or ✗ and why not.
  /who shows who is there, /help the commands; /quit, Ctrl-C and Ctrl-D leave.`;

/** `im chat`: talk in a room. */
export function addChatCommand(program: Command, io: CliIo): void {
  program
    .command("chat")
    .summary("talk in a room")
    .description("Joins a room and talks in it. Needs a terminal; scripts take im send and im tail.")
    .argument("<room>", "which room")
    .option("-n, --last <count>", "begin with so many earlier messages", wholeNumber(0), 20)
    .addHelpText("after", examples)
    .action(async (roomId: string, { last }: { last: number }, command: Command) => {
      const options = readCommonOptions(command);
      const { stdin: input, stdout: output } = io;
      if (!input.isTTY || !output.isTTY) {
        throw new UsageError("im chat needs a terminal: use im send to say something, im tail to listen");
      }
      if (options.json) throw new UsageError("im chat is for people and has no --json: use im send and im tail");

      const client = createClient(io, options, { maxRetries: Number.POSITIVE_INFINITY });
      const leaving = new AbortController();
      const signal = AbortSignal.any([io.signal, leaving.signal]);
      const onLeave = () => leaving.abort();
      const screen = new ChatScreen({ input, output, onLeave, onLine: (line) => session.onLine(line) });
      const session = new ChatSession({
        ...{ client, roomId, userId: options.userId, screen, last, signal },
        onQuit: onLeave,
        styled: (look, text) => styledFor(output, look, text),
      });
      try {
        await session.run();
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        screen.close();
        await client.disconnect();
      }
    });
}
