import { randomUUID } from "node:crypto";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { IMService } from "@im-sdk/gen";
import type { ReceivedAudio } from "./test-server.ts";

/** The recordings that users uploaded. */
export class AudioShelf {
  readonly all: ReceivedAudio[] = [];

  readonly upload: ServiceImpl<typeof IMService>["uploadAudio"] = async (requests) => {
    const chunks: Uint8Array[] = [];
    let head: { userId: string; roomId: string; format: string } | undefined;
    for await (const { data } of requests) {
      if (data.case === "metadata" && head === undefined) head = data.value;
      else if (data.case === "chunk" && head !== undefined) chunks.push(data.value);
      else throw new ConnectError("an upload is its metadata, then chunks", Code.InvalidArgument);
    }
    if (head === undefined) throw new ConnectError("an upload begins with its metadata", Code.InvalidArgument);
    const { userId, roomId, format } = head;
    const audioId = randomUUID();
    this.all.push({ audioId, userId, roomId, format, bytes: Buffer.concat(chunks) });
    return { status: { code: 0, message: "stored" }, audioId, audioUrl: `memory:${audioId}` };
  };
}
