import { formatAddress } from "@im-sdk/contracts";
import type { Gap, ImClient } from "@im-sdk/core";
import { failureText } from "./failure-text.ts";
import { printable } from "./output/printable.ts";

/** Tells a person of what happens to the connection: that it is up, lost, and tried again. */
export function noteConnection(client: ImClient, note: (text: string) => void): void {
  let hasConnected = false;
  client.on("connect", ({ instance }) => {
    const where = instance && printable(formatAddress(instance.address, instance.port));
    note(`${hasConnected ? "connected again" : "connected"} to ${where ?? "the server"}`);
    hasConnected = true;
  });
  client.on("reconnecting", ({ attempt, delayMs, error }) => {
    note(`not connected: ${failureText(error)}; try ${attempt} in ${(delayMs / 1000).toFixed(1)} s`);
  });
  client.on("error", (error) => note(failureText(error)));
}

/** What a gap means, on one line. */
export function gapText({ roomId, reason, after, upTo }: Gap): string {
  const room = printable(roomId);
  if (reason === "no_cursor") return `messages of ${room} may have been missed: this server cannot tell`;
  if (after !== undefined && upTo !== undefined && upTo.epoch !== after.epoch) {
    return `${room} begins anew on the server: what was said there after message ${after.sequence} may be lost`;
  }
  const from = after === undefined ? "" : ` after ${after.sequence}`;
  const to = upTo === undefined ? "" : ` up to ${upTo.sequence}`;
  return `messages of ${room}${from}${to} are missing: the server no longer has them`;
}
