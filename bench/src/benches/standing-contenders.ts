import type { Contender } from "../measures/in-turn.ts";
import type { Readings } from "../measures/result.ts";
import { Program } from "../processes/program.ts";

export interface StandingContendersOptions<Answer> {
  /** The program that each of them runs, as seen from `src`: says that it is ready, and answers every question. */
  readonly file: string;
  /** What each is given, by subject. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly readingsOf: (answer: Answer) => Readings;
}

/** Contenders that keep their process for all rounds, so that a turn is short and its neighbours are close; ready and warm. */
export class StandingContenders implements AsyncDisposable {
  readonly all: readonly Contender[];
  readonly #programs: readonly Program[];

  static async start<Answer>(options: StandingContendersOptions<Answer>): Promise<StandingContenders> {
    const { file, given, readingsOf } = options;
    const programs: Program[] = [];
    const all: Contender[] = [];
    for (const [subject, parameters] of Object.entries(given)) {
      const program = Program.start(file, parameters);
      programs.push(program);
      all.push({ subject, take: async () => readingsOf(await program.ask<Answer>("your turn")) });
    }
    const contenders = new StandingContenders(all, programs);
    try {
      for (const program of programs) await program.next();
      for (const { take } of all) await take();
      return contenders;
    } catch (error) {
      await contenders[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(all: readonly Contender[], programs: readonly Program[]) {
    this.all = all;
    this.#programs = programs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program[Symbol.asyncDispose]()));
  }
}
