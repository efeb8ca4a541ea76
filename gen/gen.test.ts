import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type DescField, type DescFile, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import * as index from "./index.ts";
import { file_grpc_health_v1_health } from "./src/grpc/health/v1/health_pb.ts";

/** The contract as other implementations have it: names, numbers and types that may never change. */
const messages = {
  MessageRequest: `1 message_id string, 2 user_id string, 3 room_id string, 4 type MessageType, 5 content bytes,
    6 metadata map<string,string>, 7 timestamp Timestamp`,
  MessageResponse: `1 message_id string, 2 from_user_id string, 3 room_id string, 4 type MessageType, 5 content bytes,
    6 timestamp Timestamp, 7 metadata map<string,string>, 8 ack_required bool`,
  SendMessageRequest: `1 user_id string, 2 room_id string, 3 type MessageType, 4 content bytes,
    5 metadata map<string,string>, 6 ack_required bool`,
  SendMessageResponse: "1 message_id string, 2 timestamp Timestamp, 3 status ResponseStatus",
  JoinRoomRequest: "1 user_id string, 2 room_id string, 3 metadata map<string,string>",
  JoinRoomResponse: "1 status ResponseStatus, 2 room_info RoomInfo, 3 online_users repeated string",
  LeaveRoomRequest: "1 user_id string, 2 room_id string",
  LeaveRoomResponse: "1 status ResponseStatus",
  GetRoomInfoRequest: "1 room_id string, 2 user_id string",
  GetRoomInfoResponse: "1 status ResponseStatus, 2 room_info RoomInfo, 3 users repeated RoomUser",
  RoomInfo: `1 room_id string, 2 name string, 3 description string, 4 config RoomConfig, 5 created_at Timestamp,
    6 last_active Timestamp, 7 message_count int64, 8 user_count int32`,
  RoomConfig: `1 max_users int32, 2 persistent bool, 3 message_ttl_seconds int64, 4 idle_timeout_seconds int64,
    5 allow_audio bool, 6 allow_rich_text bool, 7 auto_transcribe bool`,
  RoomUser: "1 user_id string, 2 nickname string, 3 role UserRole, 4 muted bool, 5 joined_at Timestamp",
  TranscriptRequest: "1 audio_id string, 2 user_id string",
  TranscriptResponse: "1 status ResponseStatus, 2 transcription Transcription",
  Transcription: `1 audio_id string, 2 text string, 3 confidence double, 4 status TranscriptStatus,
    5 created_at Timestamp, 6 updated_at Timestamp`,
  UploadAudioRequest: "1 metadata AudioMetadata in data, 2 chunk bytes in data",
  AudioMetadata: "1 user_id string, 2 room_id string, 3 format string, 4 size int64, 5 duration double",
  UploadAudioResponse: "1 status ResponseStatus, 2 audio_id string, 3 audio_url string",
  HealthCheckRequest: "1 service string",
  HealthCheckResponse: "1 status HealthStatus, 2 message string",
  ResponseStatus: "1 code int32, 2 message string, 3 details map<string,string>",
  TextContent: "1 text string",
  AudioContent: `1 audio_id string, 2 audio_url string, 3 duration double, 4 format string, 5 size int64,
    6 transcription string`,
  RichTextContent: "1 content_type string, 2 raw_content string, 3 html_content string",
  SystemContent: "1 event_type string, 2 event_data map<string,string>",
  AckContent: "1 original_message_id string, 2 success bool, 3 error_message string",
};

/** What this repository adds: fields from 100 up, and messages of its own. */
const extensions: Record<string, string> = {
  MessageRequest: "100 ack_required bool",
  MessageResponse: "100 sequence uint64, 101 epoch string, 102 previous_sequence uint64",
  SendMessageRequest: "100 message_id string",
  SendMessageResponse: "100 sequence uint64, 101 epoch string",
  JoinRoomRequest: "100 cursor RoomCursor",
  JoinRoomResponse: "100 head RoomCursor, 101 recovered bool",
  AckContent: "100 sequence uint64, 101 epoch string, 102 code int32, 103 retry_after Duration",
  RoomCursor: "1 epoch string, 2 sequence uint64",
  ListMessagesRequest: "1 room_id string, 2 user_id string, 3 after RoomCursor, 4 before RoomCursor, 5 page_size int32",
  ListMessagesResponse: "1 messages repeated MessageResponse, 2 has_more bool, 3 status ResponseStatus",
};

const enums = {
  MessageType: `MESSAGE_TYPE_: 0 UNSPECIFIED, 1 TEXT, 2 AUDIO, 3 RICH_TEXT, 4 SYSTEM, 5 ACK, 6 JOIN_ROOM, 7 LEAVE_ROOM,
    8 HEARTBEAT`,
  UserRole: "USER_ROLE_: 0 UNSPECIFIED, 1 USER, 2 MODERATOR, 3 ADMIN",
  TranscriptStatus: "TRANSCRIPT_STATUS_: 0 UNSPECIFIED, 1 PENDING, 2 PROCESSING, 3 COMPLETED, 4 FAILED",
  HealthStatus: "HEALTH_STATUS_: 0 UNSPECIFIED, 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN",
};

const rpcs = {
  StreamMessages: "MessageRequest → MessageResponse, bidi_streaming",
  SendMessage: "SendMessageRequest → SendMessageResponse, unary",
  JoinRoom: "JoinRoomRequest → JoinRoomResponse, unary",
  LeaveRoom: "LeaveRoomRequest → LeaveRoomResponse, unary",
  GetRoomInfo: "GetRoomInfoRequest → GetRoomInfoResponse, unary",
  GetAudioTranscript: "TranscriptRequest → TranscriptResponse, unary",
  UploadAudio: "UploadAudioRequest → UploadAudioResponse, client_streaming",
  HealthCheck: "HealthCheckRequest → HealthCheckResponse, unary",
  ListMessages: "ListMessagesRequest → ListMessagesResponse, unary",
};

const files = Object.entries(index)
  .filter(([name]) => name.startsWith("file_"))
  .map(([, file]) => file as DescFile);

test("every message has the fields of the contract, and no others", () => {
  const wanted: Record<string, string> = {};
  for (const name of [...Object.keys(messages), ...Object.keys(extensions)]) {
    const parts = [(messages as Record<string, string>)[name], extensions[name]];
    wanted[name] = oneLine(parts.filter((part) => part !== undefined).join(", "));
  }
  const actual = files.flatMap((file) => file.messages).map((message) => [message.name, describeMessage(message)]);
  assert.deepEqual(Object.fromEntries(actual), wanted);
});

test("every enum has the values of the contract", () => {
  const actual = files
    .flatMap((file) => file.enums)
    .map((each) => {
      const prefix = `${each.name.replaceAll(/(?<=.)[A-Z]/g, "_$&").toUpperCase()}_`;
      const values = each.values.map(({ number, name }) => `${number} ${name.replace(prefix, "")}`);
      return [each.name, `${prefix}: ${values.join(", ")}`];
    });
  const wanted = Object.entries(enums).map(([name, values]) => [name, oneLine(values)]);
  assert.deepEqual(Object.fromEntries(actual), Object.fromEntries(wanted));
});

test("the service has the calls of the contract, of their kinds", () => {
  assert.equal(index.IMService.typeName, "im.v1.IMService");
  const actual = index.IMService.methods.map(({ name, input, output, methodKind }) => [
    name,
    `${input.name} → ${output.name}, ${methodKind}`,
  ]);
  assert.deepEqual(Object.fromEntries(actual), rpcs);
});

test("everything is of package im.v1 in proto3", () => {
  for (const { proto } of files) assert.deepEqual([proto.package, proto.syntax], ["im.v1", "proto3"]);
});

test("gRPC's own health service is as gRPC has it", () => {
  const { services, messages: asked } = file_grpc_health_v1_health as DescFile;
  assert.equal(services[0]?.typeName, "grpc.health.v1.Health");
  const calls = services[0]?.methods.map(({ name, methodKind }) => `${name} ${methodKind}`);
  assert.deepEqual(calls, ["Check unary", "Watch server_streaming"]);
  assert.deepEqual(asked.map(describeMessage), ["1 service string", "1 status ServingStatus"]);
  const states = asked[1]?.nestedEnums[0]?.values.map(({ number, name }) => `${number} ${name}`);
  assert.deepEqual(states, ["0 UNKNOWN", "1 SERVING", "2 NOT_SERVING", "3 SERVICE_UNKNOWN"]);
});

test("the index exports every name of every im.v1 file", async () => {
  const generated = generatedFiles().filter((path) => path.startsWith("src/im/"));
  assert.ok(generated.length > 0);
  for (const path of generated) {
    const names = Object.keys(await import(`./${path}`));
    assert.deepEqual(
      names.filter((name) => !(name in index)),
      [],
      path,
    );
  }
});

test("every generated file is a subpath of the package", () => {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
  // Codecs of other packages' messages serve ours alone.
  const own = generatedFiles().filter((path) => !path.startsWith("src/google/"));
  const subpaths = own.map((path) => path.replace(/^src\/(.*)\.ts$/, "$1"));
  const wanted = subpaths.map((path) => [
    `./${path}.js`,
    { types: `./dist/src/${path}.d.ts`, default: `./dist/src/${path}.js` },
  ]);
  const { ".": _, "./package.json": __, ...actual } = exports;
  assert.deepEqual(actual, Object.fromEntries(wanted));
});

function generatedFiles(): string[] {
  const paths = globSync("src/**/*_{pb,codec}.ts", { cwd: dirname(fileURLToPath(import.meta.url)) });
  return paths.map((path) => path.replaceAll("\\", "/")).sort();
}

function describeMessage(message: DescMessage): string {
  return message.fields
    .map((field) => `${field.number} ${field.name} ${typeOf(field)}${field.oneof ? ` in ${field.oneof.name}` : ""}`)
    .join(", ");
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "scalar":
      return ScalarType[field.scalar].toLowerCase();
    case "enum":
      return field.enum.name;
    case "message":
      return field.message.name;
    case "map":
      assert.equal(field.mapKind, "scalar");
      return `map<${ScalarType[field.mapKey].toLowerCase()},${ScalarType[field.scalar].toLowerCase()}>`;
    case "list":
      return `repeated ${field.listKind === "scalar" ? ScalarType[field.scalar].toLowerCase() : (field.enum ?? field.message)?.name}`;
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
