import { Code, ConnectError } from "@connectrpc/connect";
import type { Logger } from "../logger.ts";
import type { MaybePromise } from "../maybe-promise.ts";

/**
 * Tells whose token it is, or throws: a ConnectError goes to the client as it is, anything else as UNAUTHENTICATED. `token` is
 * what follows `Bearer` in the `authorization` header; undefined when there is none.
 */
export type Authenticate = (token: string | undefined, context: { headers: Headers }) => MaybePromise<string>;

/** Runs the `authenticate` option on the headers of a call. */
export class Authenticator {
  readonly #authenticate: Authenticate | undefined;
  readonly #logger: Logger;

  constructor(authenticate: Authenticate | undefined, logger: Logger) {
    this.#authenticate = authenticate;
    this.#logger = logger;
  }

  /** The user of the call's token; undefined when the server asks for none. Throws UNAUTHENTICATED. */
  async userOf(headers: Headers): Promise<string | undefined> {
    if (this.#authenticate === undefined) return undefined;
    const token = /^bearer +(.+)$/i.exec(headers.get("authorization") ?? "")?.[1]?.trim();
    let userId: unknown;
    try {
      userId = await this.#authenticate(token, { headers });
    } catch (cause) {
      this.#logger.debug("authentication refused", { error: cause });
      if (cause instanceof ConnectError) throw cause;
      const message = token === undefined ? "a bearer token is missing" : "the bearer token is not valid";
      throw new ConnectError(message, Code.Unauthenticated, undefined, undefined, cause);
    }
    if (typeof userId === "string" && userId !== "") return userId;
    throw new ConnectError("the bearer token is not valid", Code.Unauthenticated);
  }
}
