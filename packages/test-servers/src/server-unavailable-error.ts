import type { ServerName } from "./server-name.ts";

/** There is no program of a server on this machine, and none could be fetched. The message says what to install. */
export class ServerUnavailableError extends Error {
  readonly server: ServerName;

  constructor(server: ServerName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ServerUnavailableError";
    this.server = server;
  }
}
