import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** Parts of a request. */
export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Speaks TLS; whatever certificate the server shows is taken unless `ca` is given. */
  readonly tls?: { readonly cert?: Buffer; readonly key?: Buffer; readonly ca?: string };
  readonly signal?: AbortSignal;
}

/** One request on a connection of its own, which is closed afterwards. */
export async function send(address: string, path: string, options: SendOptions = {}) {
  const { tls, body, ...rest } = options;
  const secure = tls === undefined ? {} : { ...tls, rejectUnauthorized: tls.ca !== undefined };
  const request = (tls === undefined ? requestHttp : requestHttps)(
    `${tls === undefined ? "http" : "https"}://${address}${path}`,
    { ...rest, ...secure, agent: false },
  );
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  request.on("error", reject);
  request.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    response.on("error", reject);
    response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
  });
  request.end(body);
  return promise;
}
