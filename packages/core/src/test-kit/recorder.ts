import type { ImEvents } from "../events/im-events.ts";
import type { ImClient } from "../im-client.ts";
import type { ImMessage, TextMessage } from "../messages/im-message.ts";

/** What a client has told, in order, with a way to wait for more of it. */
export class Recorder {
  readonly events: { [Name in keyof ImEvents]: { name: Name; payload: ImEvents[Name] } }[keyof ImEvents][] = [];
  #waiting: (() => void)[] = [];

  constructor(client: ImClient) {
    const names = [
      "message",
      "connect",
      "disconnect",
      "error",
      "stateChange",
      "gap",
      "instances",
      "reconnecting",
    ] as const;
    for (const name of names) {
      client.on(name, (payload: unknown) => {
        this.events.push({ name, payload } as (typeof this.events)[number]);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    }
  }

  of<Name extends keyof ImEvents>(name: Name): ImEvents[Name][] {
    return this.events.filter((event) => event.name === name).map((event) => event.payload as ImEvents[Name]);
  }

  /** Ids of the instances that a stream came up on, in order. */
  get servedBy(): (string | undefined)[] {
    return this.of("connect").map(({ instance }) => instance?.id);
  }

  get texts(): string[] {
    return this.of("message")
      .filter((message: ImMessage): message is TextMessage => message.type === "text")
      .map((message) => message.text);
  }

  /** Resolves when the condition holds; checked after every event. */
  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
