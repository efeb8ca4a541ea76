import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import xterm from "@xterm/headless";
import fc from "fast-check";
import { screenText } from "../test-kit/screen-text.ts";
import { ChatScreen } from "./chat-screen.ts";

const columns = 12;

type Step =
  | { readonly kind: "type"; readonly text: string }
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "footer"; readonly lines: readonly string[] }
  | { readonly kind: "home" }
  | { readonly kind: "enter" };

const character = fc.constantFrom("a", "b", "c", "你", "-");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("type" as const), text: fc.string({ unit: character, maxLength: 20 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("print" as const), text: fc.stringMatching(/^[d-z]{1,30}$/) }),
  },
  fc.record({
    kind: fc.constant("footer" as const),
    lines: fc.array(fc.stringMatching(/^[0-9]{1,20}$/), { maxLength: 3 }),
  }),
  fc.constantFrom<Step>({ kind: "home" }, { kind: "enter" }),
);

test("whatever is typed, printed and shown below, in whatever order: nothing is torn, lost or there twice", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const emulator = new xterm.Terminal({ cols: columns, rows: 200, allowProposedApi: true, convertEol: true });
      const modes: boolean[] = [];
      const input = Object.assign(new PassThrough(), {
        isTTY: true,
        setRawMode: (isRaw: boolean) => modes.push(isRaw),
      });
      const output = Object.assign(
        new Writable({ write: (bytes, _, done) => emulator.write(bytes as Uint8Array, done) }),
        { columns, rows: 200, isTTY: true },
      );
      const typed: string[] = [];
      const screen = new ChatScreen({
        input: input as unknown as NodeJS.ReadStream,
        output: output as unknown as NodeJS.WriteStream,
        onLine: (line) => {
          typed.push(line);
          screen.setFooter([`~${line}`]);
        },
        onLeave: () => {},
      });
      screen.open();
      const expected = {
        typed: [] as string[],
        printed: [] as string[],
        footer: [] as readonly string[],
        line: "",
        cursor: 0,
      };
      for (const each of steps) {
        if (each.kind === "print") {
          screen.print(each.text);
          expected.printed.push(each.text);
        } else if (each.kind === "footer") {
          screen.setFooter(each.lines);
          expected.footer = each.lines;
        } else if (each.kind === "home") {
          input.write("\x01");
          expected.cursor = 0;
        } else if (each.kind === "enter") {
          input.write("\r");
          expected.typed.push(expected.line);
          expected.footer = [`~${expected.line}`];
          Object.assign(expected, { line: "", cursor: 0 });
        } else {
          input.write(each.text);
          const { line, cursor } = expected;
          Object.assign(expected, {
            line: line.slice(0, cursor) + each.text + line.slice(cursor),
            cursor: cursor + each.text.length,
          });
        }
        // What is written to a stream of Node's is read within the same turn.
        await nextTurn();
      }
      await new Promise((resolve) => output.write("", resolve));
      await new Promise<void>((resolve) => emulator.write("", resolve));
      const visible = [...expected.printed, ...expected.footer, `> ${expected.line}`].join("\n");
      assert.equal(screenText(emulator), visible.trimEnd());
      assert.deepEqual(typed, expected.typed);
      screen.close();
      assert.deepEqual(modes, [true, false], "the terminal is as it was found");
      emulator.dispose();
    }),
    { numRuns: 150 },
  );
});
