import { toJson } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type GetRoomInfoResponse, RoomInfoSchema, RoomUserSchema, UserRole } from "@im-sdk/gen";
import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { readCommonOptions } from "../options/common-options.ts";
import { timeText } from "../output/message-text.ts";
import { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { table } from "../output/table.ts";
import { withClient } from "../with-client.ts";

const examples = `
Examples:
  im room lobby
  im room lobby --json | jq -r '.users[].userId'`;

/** `im room`: what a room is, and who is there. */
export function addRoomCommand(program: Command, io: CliIo): void {
  program
    .command("room")
    .summary("describe a room")
    .description("Writes what a room is and who is in it, without joining it.")
    .argument("<room>", "which room")
    .addHelpText("after", examples)
    .action(async (roomId: string, _flags: object, command: Command) => {
      const options = readCommonOptions(command);
      const output = new Output(io, options.json);
      await withClient(io, options, async (client) => {
        const info = await client.getRoomInfo(roomId, { signal: io.signal });
        await output.result(roomValue(info), () => roomText(roomId, info));
      });
    });
}

const roleNames: Readonly<Partial<Record<UserRole, string>>> = {
  [UserRole.MODERATOR]: "moderator",
  [UserRole.ADMIN]: "admin",
};

function roomValue({ roomInfo, users }: GetRoomInfoResponse): object {
  const all = { alwaysEmitImplicit: true };
  return {
    room: roomInfo === undefined ? null : toJson(RoomInfoSchema, roomInfo, all),
    users: users.map((user) => toJson(RoomUserSchema, user, all)),
  };
}

function roomText(roomId: string, { roomInfo, users }: GetRoomInfoResponse): string {
  const { name = "", description = "", userCount = users.length, messageCount = 0n, config } = roomInfo ?? {};
  const { createdAt, lastActive } = roomInfo ?? {};
  const facts: [string, string][] = [
    ["room", roomId],
    ["name", name],
    ["description", description],
    ["users", config?.maxUsers ? `${userCount} of ${config.maxUsers}` : String(userCount)],
    ["messages", String(messageCount)],
    ["created", createdAt === undefined ? "" : timeText(timestampDate(createdAt))],
    ["last active", lastActive === undefined ? "" : timeText(timestampDate(lastActive))],
  ];
  const members = users.map(({ userId, nickname, role, muted }) => [
    `  ${printable(userId)}`,
    printable(nickname),
    roleNames[role] ?? "",
    muted ? "muted" : "",
  ]);
  const known = facts.filter(([, value]) => value !== "").map(([fact, value]) => [fact, printable(value)]);
  return [table(known), ...(members.length > 0 ? ["", table(members)] : [])].join("\n");
}
