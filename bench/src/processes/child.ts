// What a program that program.ts starts has to do with the one who started it.
import { inspect } from "node:util";
import type { Said } from "./program.ts";

process.on("disconnect", () => process.exit());
process.on("uncaughtException", (error) => {
  tell({ error: inspect(error) }, () => process.exit(1));
});

/** What this program was started with; from a command line, its argument is JSON. */
export function parameters<T>(): T {
  return JSON.parse(process.argv[2] ?? "null") as T;
}

/** Says something to whoever started this program: on standard output when that is a command line. */
export function say(value: unknown): void {
  tell({ value }, () => {});
}

/** Answers questions until this program ends. */
export function onQuestion(answer: (question: unknown) => unknown): void {
  process.on("message", async (message: { question: unknown }) => say(await answer(message.question)));
}

function tell(said: Said, done: () => void): void {
  if (process.connected) process.send?.(said, undefined, {}, done);
  else {
    console.log("error" in said ? said.error : said.value);
    done();
  }
}
