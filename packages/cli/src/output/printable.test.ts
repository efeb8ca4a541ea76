import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { printable, printableBlock, printableJson } from "./printable.ts";

/** By the names of Unicode, and so by another way than the code. */
const control = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/u;

/** Any text, with more than its share of what a terminal could obey. */
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
    fc.integer({ min: 0x2000, max: 0x206f }).map((code) => String.fromCharCode(code)),
    fc.constantFrom("\x1b[31m", "\x1b]0;title\x07", "\u061c", "\r\n"),
  ),
});

test("no text has a character left that a terminal obeys or that turns the direction of what follows", () => {
  fc.assert(
    fc.property(text, (each) => {
      assert.doesNotMatch(printable(each), control);
      for (const line of printableBlock(each, "  ").split("\n")) assert.doesNotMatch(line, control);
    }),
  );
});

test("text without such characters stays as it is", () => {
  for (const each of ["hello", "张三", "👩‍👩‍👧 שלום", "naïve — “quotes”"]) assert.equal(printable(each), each);
});

test("line breaks stay in a block, each with the indent behind it, so that no line begins like another message", () => {
  assert.equal(printableBlock("a\nb\r\nc\rd", "    "), "a\n    b\n    c\\rd");
  assert.equal(printable("a\nb\tc\u202ed"), "a\\nb  c\\u202ed");
});

test("JSON has no such character either, and means the same", () => {
  fc.assert(
    fc.property(text, (each) => {
      const json = printableJson({ each });
      assert.doesNotMatch(json, control);
      assert.deepEqual(JSON.parse(json), { each });
    }),
  );
  assert.equal(printableJson({ sequence: 18446744073709551615n }), '{"sequence":"18446744073709551615"}');
});
