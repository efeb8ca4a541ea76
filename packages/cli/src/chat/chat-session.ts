import { randomUUID } from "node:crypto";
import { type ImClient, ImError, type ImMessage } from "@im-sdk/core";
import { gapText, noteConnection } from "../connection-notes.ts";
import { explainError } from "../explain-error.ts";
import { history } from "../history.ts";
import { messageText, saidText } from "../output/message-text.ts";
import type { Look } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { chatHelp, readChatInput } from "./chat-input.ts";
import type { ChatScreen } from "./chat-screen.ts";
import { OwnTexts } from "./own-texts.ts";

export interface ChatSessionOptions {
  readonly client: ImClient;
  readonly userId: string;
  readonly roomId: string;
  readonly screen: Pick<ChatScreen, "print" | "open" | "setFooter">;
  readonly styled: (look: Look, text: string) => string;
  /** How many earlier messages to begin with. */
  readonly last: number;
  /** Aborts when the user leaves. */
  readonly signal: AbortSignal;
  /** The user has typed that this is the end. */
  readonly onQuit: () => void;
}

/** Texts under way that are shown at a time. */
const maxFooterTexts = 5;

/** One user in one room: shows what is said and what happens there, and says what is typed. */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #own: OwnTexts;

  constructor(options: ChatSessionOptions) {
    const { screen, styled } = options;
    this.#options = options;
    this.#own = new OwnTexts((texts) => screen.setFooter(footerLines(texts).map((text) => styled("dim", text))));
  }

  /** Joins and follows the room until the signal aborts. Rejects when that is not possible, or no longer. */
  async run(): Promise<void> {
    const { client, roomId, screen, signal } = this.#options;
    noteConnection(client, (text) => this.#note(text));
    client.on("gap", (gap) => this.#note(gapText(gap)));
    const live = client.messages({ signal });
    await client.connect({ signal });
    const joined = await client.joinRoom(roomId, {}, { signal });
    await this.#showHistory(joined);
    const { name } = joined.roomInfo ?? {};
    this.#note(
      `you are in ${printable(name || roomId)} with ${nameList(joined.onlineUsers, this.#options.userId)}; /help helps`,
    );
    screen.open();
    for await (const message of live) this.#show(message);
  }

  /** Does what a typed line asks for. */
  onLine(line: string): void {
    const { screen, onQuit } = this.#options;
    const input = readChatInput(line);
    if (input.kind === "say") this.#say(input.text);
    else if (input.kind === "who") this.#showMembers();
    else if (input.kind === "help") screen.print(chatHelp.join("\n"));
    else if (input.kind === "quit") onQuit();
    else if (input.kind === "unknown") this.#note(`there is no ${printable(input.command)}; /help tells what there is`);
  }

  async #say(text: string): Promise<void> {
    const { client, roomId, screen, styled } = this.#options;
    const messageId = randomUUID();
    this.#own.add(messageId, text);
    try {
      const { delivery } = await client.sendTextMessage(roomId, text, { messageId });
      // Written only: handed over, and the server says no more.
      this.#showOwn(messageId, delivery === "acknowledged" ? styled("green", "✓") : styled("dim", "→"));
    } catch (error) {
      if (this.#own.settle(messageId) === undefined) return;
      screen.print(styled("red", `✗ ${printable(text)}: ${explainError(error).message ?? "given up"}`));
    }
  }

  /** Of the receipt and the room's own word for it, the first one counts. */
  #showOwn(messageId: string, mark: string, time = new Date()): void {
    const { userId, screen, styled } = this.#options;
    const text = this.#own.settle(messageId);
    if (text === undefined) return;
    screen.print(saidText({ time, from: userId, body: printable(text) }, styled, mark));
  }

  async #showHistory(joined: Parameters<typeof history>[2]): Promise<void> {
    const { client, roomId, last, signal } = this.#options;
    try {
      for await (const message of history(client, roomId, joined, { last, signal })) this.#show(message);
    } catch (error) {
      if (!(error instanceof ImError && error.code === "unimplemented")) throw error;
    }
  }

  async #showMembers(): Promise<void> {
    const { client, roomId, userId, signal } = this.#options;
    try {
      const { users } = await client.getRoomInfo(roomId, { signal });
      this.#note(
        `in the room: you and ${nameList(
          users.map((user) => user.userId),
          userId,
        )}`,
      );
    } catch (error) {
      const { message } = explainError(error);
      if (message !== undefined) this.#note(message);
    }
  }

  #show(message: ImMessage): void {
    const { screen, styled } = this.#options;
    if (this.#own.has(message.id)) this.#showOwn(message.id, styled("green", "✓"), message.timestamp);
    else screen.print(messageText(message, { withRoom: false, styled }));
  }

  #note(text: string): void {
    const { screen, styled } = this.#options;
    screen.print(styled("dim", `* ${text}`));
  }
}

/** The newest texts that are under way, and how many more there are. */
function footerLines(texts: readonly string[]): string[] {
  const more = texts.length - maxFooterTexts;
  const lines = texts.slice(-maxFooterTexts).map((text) => `… ${printable(text)}`);
  return more > 0 ? [`… and ${more} more`, ...lines] : lines;
}

function nameList(userIds: readonly string[], self: string): string {
  const others = [...new Set(userIds)].filter((id) => id !== self);
  return others.length === 0 ? "nobody else" : others.map(printable).join(", ");
}
