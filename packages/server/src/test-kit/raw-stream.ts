import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { MessageRequestSchema, type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";

/** StreamMessages on bare HTTP/2: it reads nothing until it is told to, and sends whatever bytes it is given. */
export class RawStream implements Disposable {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  /** Resolves with the trailers. */
  readonly trailers: Promise<IncomingHttpHeaders>;

  constructor(url: string, headers: Record<string, string>, path = "/im.v1.IMService/StreamMessages") {
    this.session = connect(url);
    this.session.on("error", () => {});
    this.stream = this.session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    this.stream.on("error", () => {});
    this.trailers = once(this.stream, "trailers").then(([trailers]) => trailers as IncomingHttpHeaders);
    this.trailers.catch(() => {});
  }

  send(frame: MessageInitShape<typeof MessageRequestSchema>): void {
    this.stream.write(envelope(toBinary(MessageRequestSchema, create(MessageRequestSchema, frame))));
  }

  /** Reads what has come and what comes. */
  async *read(): AsyncGenerator<MessageResponse> {
    let bytes = Buffer.alloc(0);
    for await (const chunk of this.stream) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
        const end = 5 + bytes.readUInt32BE(1);
        yield fromBinary(MessageResponseSchema, bytes.subarray(5, end));
        bytes = bytes.subarray(end);
      }
    }
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

/** A gRPC frame around a message. */
export function envelope(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}
