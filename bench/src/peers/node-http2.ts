import { once } from "node:events";
import { fromBinary } from "@bufbuild/protobuf";
import { UploadAudioResponseSchema } from "@im-sdk/gen";
import { EnvelopeSplitter } from "../wire/envelope-splitter.ts";
import { FrameWriter } from "../wire/frame-writer.ts";
import { messageRequestCodec, messageResponseCodec } from "./codec.ts";
import { messageMaker, uploadRequests } from "./messages.ts";
import { openSession, openStream } from "./node-http2-session.ts";
import { uploadEnvelopes } from "./node-http2-upload.ts";
import type { Peer } from "./peer.ts";

const batchBytes = 64 * 1024;

/** Node's HTTP/2 with nothing on top but what a stream of messages cannot do without: what there is to reach. */
export const nodeHttp2: Peer = {
  async openStream({ port, roomId, contentBytes, onMessage, onError }) {
    const session = await openSession(port);
    const message = messageMaker(roomId, contentBytes);
    const stream = openStream(session, "StreamMessages", { "room-id": roomId });
    const frames = new FrameWriter();
    const splitter = new EnvelopeSplitter();
    let isScheduled = false;
    const flush = () => {
      isScheduled = false;
      if (frames.length > 0) stream.write(frames.take());
    };
    const onEnvelope = (bytes: Buffer) => {
      const { messageId, content } = messageResponseCodec.read(bytes);
      onMessage(messageId, content.byteLength);
    };
    stream.on("data", (chunk: Buffer) => splitter.push(chunk, onEnvelope));
    stream.on("error", onError);
    return {
      send: (n) => {
        const next = message(n);
        frames.add(messageRequestCodec.sizeBound(next), (target, offset) =>
          messageRequestCodec.write(next, target, offset),
        );
        if (frames.length >= batchBytes) flush();
        if (isScheduled) return;
        isScheduled = true;
        process.nextTick(flush);
      },
      close: async () => {
        const closed = once(stream, "close");
        flush();
        stream.end();
        await closed;
        session.close();
      },
    };
  },

  async openUploads(port) {
    const session = await openSession(port);
    return {
      upload: async (bytes) => {
        const stream = openStream(session, "UploadAudio");
        const splitter = new EnvelopeSplitter();
        let audioId = "";
        stream.on("data", (chunk: Buffer) =>
          splitter.push(chunk, (answer) => {
            audioId = fromBinary(UploadAudioResponseSchema, answer).audioId;
          }),
        );
        const closed = once(stream, "close");
        await uploadEnvelopes(stream, uploadRequests(bytes));
        stream.end();
        await closed;
        return audioId;
      },
      close: async () => session.close(),
    };
  },
};
