import { setTimeout as delay } from "node:timers/promises";
import type { ImClient, SendableMessage, SendReceipt } from "@im-sdk/core";
import { TranscriptStatus } from "@im-sdk/gen";
import type { Participant } from "./participant.ts";
import type { Stage } from "./stage.ts";

/** Who said what: sends for the participants, and knows in which order everybody must have heard it. */
export class Chat {
  readonly #stage: Stage;
  readonly #participants: readonly Participant[];
  readonly #said: { readonly roomId: string; readonly id: string }[] = [];

  constructor(stage: Stage, participants: readonly Participant[]) {
    this.#stage = stage;
    this.#participants = participants;
  }

  /** Messages said, and how often they were handed to somebody. */
  get totals(): { messages: number; deliveries: number } {
    const deliveries = this.#said.reduce((sum, { roomId }) => sum + this.#membersOf(roomId).length, 0);
    return { messages: this.#said.length, deliveries };
  }

  /** Says something, and waits until everybody in the room has heard it. */
  async say(speaker: Participant, roomId: string, message: SendableMessage, shown: string): Promise<void> {
    const receipt = await speaker.client.sendMessage({ roomId, ...message });
    await this.heard(roomId, [receipt]);
    const listeners = this.#membersOf(roomId).map(({ userId }) => userId);
    this.#stage.line(speaker.userId, speaker.colour, roomId, `${shown}  → ${listeners.join(", ")}`);
  }

  /** Takes note of what was said, and waits until everybody in the room has heard it. */
  async heard(roomId: string, receipts: readonly SendReceipt[]): Promise<void> {
    for (const { delivery } of receipts) this.#stage.require("every receipt is acknowledged", delivery, "acknowledged");
    const inOrder = receipts.toSorted((a, b) => Number(a.sequence) - Number(b.sequence));
    this.#said.push(...inOrder.map(({ messageId }) => ({ roomId, id: messageId })));
    await Promise.all(this.#membersOf(roomId).map((member) => member.hasHeard(roomId, receipts)));
  }

  /** Everybody heard every message of their rooms once and in order, and nothing else. */
  verify(): void {
    for (const participant of this.#participants) {
      for (const roomId of new Set(this.#said.map((message) => message.roomId))) {
        const said = this.#said.filter((message) => message.roomId === roomId).map(({ id }) => id);
        const expected = participant.rooms.includes(roomId) ? said : [];
        const what = `${participant.userId} heard ${expected.length} messages in #${roomId}, each once and in order`;
        this.#stage.check(what, participant.heard(roomId), expected);
      }
    }
  }

  #membersOf(roomId: string): Participant[] {
    return this.#participants.filter(({ rooms }) => rooms.includes(roomId));
  }
}

/** Asks until the transcript of a recording is there. */
export async function transcriptOf(client: ImClient, audioId: string): Promise<string> {
  for (;;) {
    const { transcription } = await client.getAudioTranscript(audioId);
    if (transcription?.status === TranscriptStatus.COMPLETED) return transcription.text;
    if (transcription?.status === TranscriptStatus.FAILED) throw new Error("the transcription failed");
    await delay(20);
  }
}
