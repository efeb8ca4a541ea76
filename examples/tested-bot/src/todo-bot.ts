import { type Clock, systemClock } from "@im-sdk/contracts";
import { ImClient, type ImClientOptions, type TextMessage } from "@im-sdk/core";

/** Where the bot is to be found, and what a test may replace. */
export interface TodoBotOptions extends Omit<ImClientOptions, "userId" | "onMessage"> {
  /** Time for reminders. Default: the clock of the process. */
  readonly clock?: Clock;
  /** Is told what could not be said, and why. Default: `console.error`. */
  readonly log?: (line: string) => void;
}

/** Keeps a to-do list for each room: `todo TEXT`, `list`, `remind MINUTES TEXT`, and `ping`. */
export class TodoBot implements AsyncDisposable {
  readonly #client: ImClient;
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #lists = new Map<string, string[]>();
  readonly #timers = new Set<ReturnType<Clock["setTimeout"]>>();

  constructor({ clock = systemClock, log = console.error, ...options }: TodoBotOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#client = new ImClient({
      maxRetries: Number.POSITIVE_INFINITY,
      ...options,
      userId: "todo-bot",
      onMessage: async (message) => {
        if (message.type !== "text" || message.fromUserId === "todo-bot") return;
        const answer = this.#answer(message);
        // An id made from that of the question: should the bot be killed and ask again, the server keeps one answer.
        if (answer !== undefined) await this.#say(message.roomId, answer, `answer to ${message.id}`);
      },
    });
  }

  async start(): Promise<void> {
    await this.#client.connect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    await this.#client.disconnect();
  }

  #answer({ roomId, text }: TextMessage): string | undefined {
    const list = this.#lists.get(roomId) ?? [];
    const [command, first = "", ...rest] = text.split(" ");
    switch (command) {
      case "ping":
        return "pong";
      case "todo":
        this.#lists.set(roomId, [...list, [first, ...rest].join(" ")]);
        return `${list.length + 1} to do`;
      case "list":
        return list.length === 0 ? "nothing to do" : list.map((entry, index) => `${index + 1}. ${entry}`).join("\n");
      case "remind":
        this.#remind(roomId, Number(first), rest.join(" "));
        return `in ${first} minutes`;
      default:
        return undefined;
    }
  }

  #remind(roomId: string, minutes: number, what: string): void {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      void this.#say(roomId, what);
    }, minutes * 60_000);
    this.#timers.add(timer);
  }

  /** A bot that cannot say something goes on. */
  async #say(roomId: string, text: string, messageId?: string): Promise<void> {
    try {
      await this.#client.sendTextMessage(roomId, text, messageId === undefined ? {} : { messageId });
    } catch (error) {
      this.#log(`not said in ${roomId}: ${error instanceof Error ? error.message : error}`);
    }
  }
}
