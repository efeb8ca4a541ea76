import { ImClient } from "@im-sdk/core";
import { type ImServer, type ImServerOptions, startImServer } from "@im-sdk/server";

/** A server in this process, with somebody in the room `lobby` to talk to. */
export interface TestRoom extends AsyncDisposable {
  readonly server: ImServer;
  /** What points a command to the server. */
  readonly env: { readonly IM_SERVER: string };
  readonly bob: ImClient;
}

export async function startTestRoom(options: ImServerOptions = {}): Promise<TestRoom> {
  const server = await startImServer(options);
  const address = `127.0.0.1:${server.port}`;
  const bob = new ImClient({ userId: "bob", services: [address] });
  await bob.connect();
  await bob.joinRoom("lobby");
  return {
    server,
    env: { IM_SERVER: address },
    bob,
    async [Symbol.asyncDispose]() {
      await bob.disconnect();
      await server.close();
    },
  };
}
