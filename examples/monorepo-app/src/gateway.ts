import { createServer, type IncomingMessage, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { type ImClient, ImError, type ImErrorCode } from "@im-sdk/core";
import type { History } from "./history.ts";

/** `POST /rooms/<room>/messages` with `{"text": …}` says something there, `GET` answers what was said. */
export function createGateway(client: ImClient, history: History): Server {
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const roomId = /^\/rooms\/([^/?]+)\/messages$/.exec(request.url ?? "")?.[1];
    if (roomId === undefined) return { status: 404, body: { error: "want /rooms/<room>/messages" } };
    if (request.method === "GET") return { status: 200, body: await history.read(decodeURIComponent(roomId)) };
    if (request.method !== "POST") return { status: 405, body: { error: "want GET or POST" } };
    const { text } = (await json(request)) as { text: string };
    const { messageId } = await client.sendTextMessage(decodeURIComponent(roomId), text);
    return { status: 201, body: { messageId } };
  };

  return createServer(async (request, response) => {
    const { status, body } = await answer(request).catch(refusal);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
}

/** The HTTP status for an error; those of the raw stubs become ImErrors too. */
function refusal(reason: unknown): { status: number; body: unknown } {
  if (reason instanceof SyntaxError || reason instanceof URIError) {
    return { status: 400, body: { error: reason.message } };
  }
  const { code, message } = ImError.from(reason, "the chat service failed");
  return { status: statuses[code] ?? 502, body: { error: message, code } };
}

const statuses: { readonly [code in ImErrorCode]?: number } = {
  invalid_argument: 400,
  not_found: 404,
  resource_exhausted: 429,
  unavailable: 503,
  deadline_exceeded: 504,
};
