import { inspect, isDeepStrictEqual, styleText } from "node:util";

/** Of what somebody says. */
export type Colour = "cyan" | "yellow" | "magenta";

/** Shows the demo: numbered steps, who says what, and what was found to be true. Colours only where they are wanted. */
export class Stage {
  /** The step that is being shown. */
  current = "";
  steps = 0;
  checks = 0;

  step(title: string): void {
    this.steps += 1;
    this.current = `step ${this.steps} (${title})`;
    console.log(`\n${styleText("bold", `${this.steps}. ${title}`)}`);
  }

  /** Somebody says something in a room. */
  line(who: string, colour: Colour, roomId: string, text: string): void {
    console.log(`   ${styleText([colour, "bold"], who)} ${styleText("dim", `#${roomId}`)}  ${text}`);
  }

  note(text: string): void {
    console.log(`   ${styleText("dim", text)}`);
  }

  /** Says that something holds, or throws: what, what there is, and what there should be. */
  check(what: string, actual: unknown, expected: unknown): void {
    this.require(what, actual, expected);
    console.log(`   ${styleText("green", "✓")} ${what}`);
  }

  /** {@link check}, but says nothing when all is well. */
  require(what: string, actual: unknown, expected: unknown): void {
    this.checks += 1;
    if (isDeepStrictEqual(actual, expected)) return;
    throw new Error(`not true that ${what}: got ${inspect(actual)}, want ${inspect(expected)}`);
  }

  succeed(text: string): void {
    console.log(`\n${styleText(["green", "bold"], "OK")} ${text}`);
  }

  fail(reason: unknown): void {
    const why = reason instanceof Error ? reason.message : String(reason);
    console.error(`\n${styleText(["red", "bold"], "FAILED", { stream: process.stderr })} in ${this.current}: ${why}`);
  }
}
