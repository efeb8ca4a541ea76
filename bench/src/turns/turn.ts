import { parameters, say } from "../processes/child.ts";

/** Runs one turn of a contender, which is all that this process is for, and says what it gives. */
export async function turn<T>(take: (given: T) => Promise<unknown>): Promise<void> {
  say(await take(parameters<T>()));
}
