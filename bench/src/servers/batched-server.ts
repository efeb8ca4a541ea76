// A server that works in batches and decodes nothing, so that it is not what is measured: one process for all peers of a
// comparison. Says its ports: on `extended` it grants what `im-capabilities` asks for, on `plain` nothing. A stream whose
// `room-id` is "push" is sent messages without end, any other is echoed. Answers every question with a Tally.
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { onQuestion, say } from "../processes/child.ts";
import { answerHealthCheck, answerSendMessage } from "./answer-call.ts";
import { echoExtended } from "./echo-extended.ts";
import { echoPlainly } from "./echo-plainly.ts";
import { pushMessages, pushRoom } from "./push-messages.ts";
import { sinkUpload } from "./sink-upload.ts";

/** Where it listens. */
export interface BatchedServerPorts {
  readonly plain: number;
  readonly extended: number;
}

/** What it has seen. */
export interface Tally {
  heartbeats: number;
}

const head = { ":status": 200, "content-type": "application/grpc+proto" };
const tally: Tally = { heartbeats: 0 };
const calls: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  SendMessage: answerSendMessage,
  UploadAudio: sinkUpload,
  HealthCheck: answerHealthCheck,
};

onQuestion(() => tally);
const [plain, extended] = await Promise.all([listen(false), listen(true)]);
say({ plain, extended } satisfies BatchedServerPorts);

function listen(grants: boolean): Promise<number> {
  const server = createServer({
    settings: { initialWindowSize: 4 * 1024 * 1024, maxConcurrentStreams: 1_000 },
    maxSessionMemory: 256,
  });
  server.on("connection", (socket) => socket.setNoDelay(true));
  server.on("session", (session) => {
    session.setLocalWindowSize(16 * 1024 * 1024);
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    const granted = grants ? headers["im-capabilities"] : undefined;
    stream.on("error", () => {});
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.respond(granted === undefined ? head : { ...head, "im-capabilities": granted }, { waitForTrailers: true });
    const method = headers[":path"]?.slice("/im.v1.IMService/".length) ?? "";
    const call = calls[method];
    if (call !== undefined) call(stream);
    else if (headers["room-id"] === pushRoom) pushMessages(stream);
    else if (granted === undefined) echoPlainly(stream);
    else echoExtended(stream, tally);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
