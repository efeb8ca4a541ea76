import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ConnectError } from "@connectrpc/connect";
import type { ServiceContext } from "../service-context.ts";
import { mediaType } from "./media-type.ts";

const path = /^\/audio\/([^/?#]+)(?:[?#].*)?$/;

/**
 * Serves `GET /audio/<id>` (and HEAD): 200 with the bytes, 401 without the bearer token that the server asks for, 404 for
 * everything else.
 */
export function createAudioDownload(
  context: ServiceContext,
): (request: Http2ServerRequest, response: Http2ServerResponse) => void {
  return (request, response) => {
    serve(context, request, response).catch((error: unknown) => {
      context.options.logger.debug("a download failed", { error });
      if (response.headersSent) response.stream.close();
      else answer(response, 500);
    });
  };
}

async function serve(context: ServiceContext, request: Http2ServerRequest, response: Http2ServerResponse) {
  const audioId = path.exec(request.url)?.[1];
  if (audioId === undefined || (request.method !== "GET" && request.method !== "HEAD")) return answer(response, 404);
  try {
    const { authorization } = request.headers;
    await context.authenticator.userOf(new Headers(authorization === undefined ? {} : { authorization }));
  } catch (error) {
    if (error instanceof ConnectError) return answer(response, 401);
    throw error;
  }
  const audio = await context.audioStore.open(audioId);
  if (audio === undefined) return answer(response, 404);
  response.writeHead(200, {
    "content-type": mediaType(audio.info.format),
    "content-length": audio.size,
    // The bytes are a user's: a browser must not take them for anything else.
    "x-content-type-options": "nosniff",
  });
  if (request.method === "HEAD") return void response.end();
  await pipeline(Readable.from(audio.read()), response);
}

function answer(response: Http2ServerResponse, status: number): void {
  response.writeHead(status);
  response.end();
}
