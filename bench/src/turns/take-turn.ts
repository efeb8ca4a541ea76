import { Program } from "../processes/program.ts";

/** A turn in a fresh process, so that nobody finds the machine code or the garbage of somebody else. */
export async function takeTurn<T>(file: string, given: unknown, execArgv: readonly string[] = []): Promise<T> {
  await using program = Program.start(`turns/${file}`, given, execArgv);
  return await program.next<T>();
}
