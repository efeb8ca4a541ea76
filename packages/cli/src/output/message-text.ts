import type { ImMessage } from "@im-sdk/core";
import type { Look } from "./output.ts";
import { printable, printableBlock } from "./printable.ts";

export interface MessageTextOptions {
  /** Tells the room, too. */
  readonly withRoom: boolean;
  readonly styled: Styled;
}

/** Text in a colour, where there are colours. */
export type Styled = (look: Look, text: string) => string;

/** A message as a person reads it; harmless to a terminal, whatever is in it. */
export function messageText(message: ImMessage, { withRoom, styled }: MessageTextOptions): string {
  const time = message.timestamp ?? new Date();
  const room = withRoom ? message.roomId : undefined;
  if (message.type === "system") {
    return [...beginning(time, room, styled), styled("dim", `* ${systemText(message)}`)].join(" ");
  }
  return saidText({ time, room, from: message.fromUserId, body: bodyText(message) }, styled);
}

/** What somebody said; the body is to be printable already, and stands before the mark. */
export function saidText(
  { time, room, from, body }: { time: Date; room?: string | undefined; from: string; body: string },
  styled: Styled,
  mark = "",
): string {
  const words = [...beginning(time, room, styled), styled("cyan", `${printable(from)}:`), body];
  return [...words, ...(mark === "" ? [] : [mark])].join(" ");
}

/** Local time, and the day unless it is today. */
export function timeText(date: Date, now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  if (date.toDateString() === now.toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

function beginning(time: Date, room: string | undefined, styled: Styled): string[] {
  return [styled("dim", timeText(time)), ...(room === undefined ? [] : [styled("yellow", printable(room))])];
}

function bodyText(message: Exclude<ImMessage, { type: "system" }>): string {
  switch (message.type) {
    case "text":
      return printableBlock(message.text, "    ");
    case "rich_text":
      return printableBlock(message.richText.rawContent || message.richText.htmlContent, "    ");
    case "audio": {
      const { audioId, audioUrl, format, duration } = message.audio;
      return printable(`[audio ${format}, ${duration} s] ${audioUrl || audioId}`);
    }
    case "unknown":
      return `[${message.content.length} bytes of a kind that this version does not know]`;
    default:
      return `[${message.type}]`;
  }
}

function systemText({ eventType, eventData }: Extract<ImMessage, { type: "system" }>): string {
  const who = printable(eventData.user_id ?? "somebody");
  if (eventType === "user_joined") return `${who} joined`;
  if (eventType === "user_left") return `${who} left`;
  if (eventType === "room_created") return `${who} opened the room`;
  const data = Object.entries(eventData).map(([name, value]) => ` ${name}=${value}`);
  return printable(`${eventType}${data.join("")}`);
}
