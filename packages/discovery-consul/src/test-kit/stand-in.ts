import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { formatAddress, parseAddress } from "@im-sdk/contracts";

/** What a client asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface StandIn extends AsyncDisposable {
  readonly address: string;
  /** Every request so far. */
  readonly asked: readonly Asked[];
  /** Connections that are open, idle ones too. */
  connections(): Promise<number>;
  /** Resolves when there were so many requests. */
  untilAsked(count: number): Promise<void>;
}

/** An HTTP server in the place of Consul, which keeps what it was asked; for what a real one does not do at will. */
export async function startStandIn(
  answer: (response: ServerResponse, asked: Asked) => void,
  host = "127.0.0.1",
): Promise<StandIn> {
  const asked: Asked[] = [];
  let waiting: (() => void)[] = [];
  const server = createServer((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url ?? "", "http://consul");
    const { method = "", headers } = incoming;
    const one = { method, path: pathname, query: searchParams, headers };
    asked.push(one);
    incoming.resume();
    for (const wake of waiting.splice(0)) wake();
    answer(response, one);
  });
  // Idle connections are the client's to end, as with Consul.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    address: formatAddress(host, (server.address() as AddressInfo).port),
    asked,
    connections: () => promisify(server.getConnections.bind(server))(),
    async untilAsked(count) {
      while (asked.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      waiting = [];
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with the JSON of `body`, as Consul does. */
export function answerJson(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** A stand-in that passes reads on to a real Consul, and so counts them. */
export function startCounter(address: string): Promise<StandIn> {
  const { address: host, port } = parseAddress(address);
  return startStandIn((response, { path, query }) => {
    const passedOn = request({ host, port, path: `${path}?${query}` }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    passedOn.on("error", () => response.destroy());
    response.on("close", () => passedOn.destroy());
    passedOn.end();
  });
}
