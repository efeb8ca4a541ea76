import { type Gap, ImClient, type ImClientOptions, type ImMessage } from "@im-sdk/core";
import type { Colour } from "./stage.ts";

/** A client and all that it was told. */
export class Participant implements AsyncDisposable {
  readonly userId: string;
  readonly colour: Colour;
  readonly rooms: readonly string[];
  readonly client: ImClient;
  readonly messages: ImMessage[] = [];
  readonly gaps: Gap[] = [];
  /** Tries to come back since the connection broke. */
  attempts = 0;
  /** Ids of the servers that it has had, in order. */
  readonly servedBy: string[] = [];
  readonly #watchers = new Set<() => void>();

  /** `server` says how it finds its server. */
  constructor(userId: string, colour: Colour, server: Partial<ImClientOptions>, rooms: readonly string[]) {
    this.userId = userId;
    this.colour = colour;
    this.rooms = rooms;
    this.client = new ImClient({
      userId,
      ...server,
      maxRetries: Number.POSITIVE_INFINITY,
      retryIntervalMs: 100,
      onMessage: (message) => {
        this.messages.push(message);
      },
    });
    this.client.on("connect", ({ instance }) => this.servedBy.push(instance?.id ?? ""));
    this.client.on("gap", (gap) => this.gaps.push(gap));
    this.client.on("reconnecting", ({ attempt }) => {
      this.attempts = attempt;
    });
    for (const event of ["message", "gap", "reconnecting", "stateChange"] as const) {
      this.client.on(event, () => {
        for (const watcher of this.#watchers) watcher();
      });
    }
  }

  async enter(): Promise<void> {
    await this.client.connect();
    for (const roomId of this.rooms) await this.client.joinRoom(roomId);
  }

  /** Ids of the messages that people wrote in a room, in the order in which they came. */
  heard(roomId: string): string[] {
    return this.messages
      .filter((message) => message.roomId === roomId && message.type !== "system")
      .map(({ id }) => id);
  }

  /** Resolves as soon as all of these messages have come. */
  async hasHeard(roomId: string, messages: readonly { readonly messageId: string }[]): Promise<void> {
    await this.until(() => {
      const heard = new Set(this.heard(roomId));
      return messages.every(({ messageId }) => heard.has(messageId));
    });
  }

  /** What the server told of others in a room, such as `user_joined bob`. */
  told(roomId: string): string[] {
    return this.messages.flatMap((message) =>
      message.roomId === roomId && message.type === "system" ? `${message.eventType} ${message.eventData.user_id}` : [],
    );
  }

  /** Resolves as soon as the condition holds. */
  until(condition: (participant: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = () => {
        if (!condition(this)) return;
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client.disconnect();
  }
}
