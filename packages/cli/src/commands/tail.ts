import type { ImMessage } from "@im-sdk/core";
import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { gapText, noteConnection } from "../connection-notes.ts";
import { history } from "../history.ts";
import { readCommonOptions } from "../options/common-options.ts";
import { pointInTime, wholeNumber } from "../options/parse-option.ts";
import { messageText } from "../output/message-text.ts";
import { messageValue } from "../output/message-value.ts";
import { Output } from "../output/output.ts";
import { createClient } from "../with-client.ts";

const examples = `
Examples:
  im tail lobby
  im tail lobby --last 20
  im tail lobby builds --since 1h | jq -r .text
  im tail lobby --count 1 --timeout 5s             the next message, and no more`;

interface Flags {
  readonly since?: number;
  readonly last?: number;
  readonly count?: number;
}

/** `im tail`: joins rooms and writes what is said there, through every reconnect, until it is stopped. */
export function addTailCommand(program: Command, io: CliIo): void {
  program
    .command("tail")
    .summary("follow rooms")
    .description(
      "Joins rooms and writes what is said there until it is stopped: lines on a terminal, else a JSON object a line. " +
        "It reconnects by itself. Without a room it writes what the server sends to you of its own accord.",
    )
    .argument("[rooms...]", "which rooms")
    .option("-n, --last <count>", "begin with so many earlier messages of each room", wholeNumber(0))
    .option("--since <time>", "begin with messages since then: 10m, 2h or 2030-01-31T12:00Z", pointInTime)
    .option("--count <count>", "end after so many messages", wholeNumber(1))
    .addHelpText("after", examples)
    .action(async (rooms: string[], flags: Flags, command: Command) => {
      const { last, since: sinceMs, count = Number.POSITIVE_INFINITY } = flags;
      const { signal } = io;
      const options = readCommonOptions(command);
      const output = new Output(io, options.json || !io.stdout.isTTY);
      await using client = createClient(io, options, { maxRetries: Number.POSITIVE_INFINITY });
      noteConnection(client, (text) => output.note(text));
      client.on("gap", (gap) => output.result({ type: "gap", ...gap }, () => gapText(gap)));

      let written = 0;
      const styled = output.styled.bind(output);
      const write = async (message: ImMessage): Promise<boolean> => {
        await output.result(messageValue(message), () => messageText(message, { withRoom: rooms.length > 1, styled }));
        written += 1;
        return written >= count;
      };

      const live = client.messages({ signal });
      await client.connect({ signal });
      for (const roomId of rooms) {
        const joined = await client.joinRoom(roomId, {}, { signal });
        if (last === undefined && sinceMs === undefined) continue;
        for await (const message of history(client, roomId, joined, { last, sinceMs, signal })) {
          if (await write(message)) return;
        }
      }
      output.note(rooms.length === 0 ? "following, in no room" : "following");
      for await (const message of live) if (await write(message)) return;
    });
}
