import { createInterface } from "node:readline";
import type { ImClient, SendReceipt } from "@im-sdk/core";
import type { CliIo } from "../cli-io.ts";
import { explainError } from "../explain-error.ts";
import type { Output } from "../output/output.ts";
import { receiptText } from "../output/receipt-text.ts";
import { Stopped } from "../stopped.ts";

/** Lines that are under way at the most; more of stdin is not read until there are fewer. */
const maxUnderWay = 256;

/**
 * Sends each line of stdin as a message, in order and as it comes, and writes the receipts in that order. After a line that
 * failed no more are taken; each of those under way is told with its number.
 */
export async function sendLines(client: ImClient, roomId: string, { io, output }: { io: CliIo; output: Output }) {
  const { stdin, signal } = io;
  const failed = new AbortController();
  const reports: Promise<void>[] = [];
  let lastReport = Promise.resolve();
  let failure: { readonly exitCode: number } | undefined;
  let line = 0;

  const report = async (number: number, sending: Promise<SendReceipt>, earlier: Promise<void>) => {
    const [sent] = await Promise.allSettled([sending, earlier]);
    if (sent.status === "fulfilled") {
      await output.result({ line: number, roomId, ...sent.value }, () => receiptText(sent.value));
      return;
    }
    const { message, exitCode } = explainError(sent.reason);
    failure ??= { exitCode };
    // Stdin may say nothing for long.
    failed.abort();
    if (message !== undefined && !signal.aborted) output.note(`im: line ${number}: ${message}`);
  };

  const ended = AbortSignal.any([signal, failed.signal]);
  for await (const text of createInterface({ input: stdin, signal: ended, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (failure !== undefined) break;
    if (text === "") continue;
    lastReport = report(line, client.sendTextMessage(roomId, text, { signal }), lastReport);
    reports.push(lastReport);
    if (reports.length >= maxUnderWay) await reports.shift();
  }
  await Promise.all(reports);
  stdin.destroy();
  signal.throwIfAborted();
  if (failure !== undefined) throw new Stopped(failure.exitCode);
}
