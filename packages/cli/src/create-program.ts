import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { CliIo } from "./cli-io.ts";
import { addChatCommand } from "./commands/chat.ts";
import { addDiscoverCommand } from "./commands/discover.ts";
import { addHealthCommand } from "./commands/health.ts";
import { addRoomCommand } from "./commands/room.ts";
import { addSendCommand } from "./commands/send.ts";
import { addTailCommand } from "./commands/tail.ts";
import { addUploadCommand } from "./commands/upload.ts";
import { addCommonOptions } from "./options/common-options.ts";
import { printable } from "./output/printable.ts";

const helpEnd = `
Examples:
  im chat lobby                                     talk in a room
  im send lobby "the build is green"                say one thing
  make 2>&1 | im send --lines builds                a message a line
  im tail lobby | jq -r 'select(.type == "text").text'
  im --server im.example.com:443 --tls health

Environment:
  Where (env: …) is told, the variable is used when the option is not given. Secrets and certificates for Consul come from
  CONSUL_HTTP_TOKEN, CONSUL_HTTP_SSL, CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY, those for etcd from ETCDCTL_USER,
  ETCDCTL_CACERT, ETCDCTL_CERT, ETCDCTL_KEY. NO_COLOR turns colours off.

Exit codes:
  0 done  1 refused or failed  2 wrong usage  3 nobody reached in time, nothing sent
  4 sent, but no answer came: it may have arrived or not  130 SIGINT  143 SIGTERM`;

/** The whole command line; parsing it runs the command. Throws a CommanderError instead of ending the process. */
export function createProgram(io: CliIo): Command {
  const { stdout, stderr, env } = io;
  const program = new Command("im")
    .description("Chat, send, follow and look into an instant-messaging service (im.v1).")
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) => {
        const line = text
          .replace(/^error: /, "")
          .trim()
          .replaceAll("\n", " ");
        write(`im: ${printable(line)} (see im --help)\n`);
      },
    })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", helpEnd);
  addCommonOptions(program, env);
  const adders = [
    addChatCommand,
    addSendCommand,
    addTailCommand,
    addUploadCommand,
    addRoomCommand,
    addHealthCommand,
    addDiscoverCommand,
  ];
  for (const add of adders) add(program, io);
  return program;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
