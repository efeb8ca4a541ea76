import assert from "node:assert/strict";
import { test } from "node:test";
import { toModules } from "./doc-module.ts";
import { readBlocks } from "./markdown-blocks.ts";

const modulesOf = (...lines: string[]) => toModules(readBlocks("page.md", lines.join("\n")));

test("every line of a program stands where it stands on the page", () => {
  const [module] = modulesOf("Text.", "<!-- doc: before", "const a = 1;", "-->", "```ts", "console.log(a);", "```");
  assert.equal(module?.code, "\n\nconst a = 1;\n\n\nconsole.log(a);");
  assert.equal(module?.line, 6);
});

test("a block that continues is one program with the one before, and others are not", () => {
  const modules = modulesOf(
    ...["```ts", "one();", "```", "<!-- doc: continues -->", "```ts", "two();", "```", "```ts", "three();", "```"],
  );
  assert.deepEqual(
    modules.map(({ code }) => code.trim().split(/\n+/)),
    [["one();", "two();"], ["three();"]],
  );
});

test("a block in a list loses the indentation of its fence", () => {
  assert.equal(
    modulesOf("- so:", "  ```ts", "  if (a) {", "    b();", "  }", "  ```")[0]?.code.trim(),
    "if (a) {\n  b();\n}",
  );
});

test("how a program is to run is said before it", () => {
  const [module] = modulesOf(
    "<!-- doc: prints 1 -->",
    "<!-- doc: prints 2 -->",
    "<!-- doc: until 3 -->",
    "```ts",
    "```",
  );
  assert.deepEqual(module?.prints, ["1", "2"]);
  assert.equal(module?.until, "3");
  const [unrun] = modulesOf("<!-- doc: types-only it needs a cloud -->", "```ts", "```");
  assert.equal(unrun?.typesOnly, "it needs a cloud");
});

test("JavaScript is a module, or CommonJS where it requires", () => {
  const extensions = ["import 'a';", "require('a');"].map((code) => modulesOf("```js", code, "```")[0]?.extension);
  assert.deepEqual(extensions, ["mjs", "cjs"]);
});

test("a block that shows a file is no program, nor is one of another language", () => {
  assert.deepEqual(modulesOf("<!-- doc: file a.ts -->", "```ts", "a();", "```", "```sh", "a", "```"), []);
});

const wrong: Readonly<Record<string, readonly string[]>> = {
  'page.md:1: "types-only" says nothing': ["<!-- doc: types-only -->", "```ts", "```"],
  'page.md:1: "run" is none of before, continues, types-only, prints, until, file': [
    "<!-- doc: run -->",
    "```ts",
    "```",
  ],
  'page.md:1: "until" is for blocks of ts and js': ["<!-- doc: until x -->", "```sh", "```"],
  "page.md:3: there is nothing to continue": ["<!-- doc: continues -->", "```ts", "```"],
  "page.md:2: a block must follow this comment": ["Text.", "<!-- doc: continues -->", "More text."],
  "page.md:1: the block does not end": ["```ts", "a();"],
  "page.md:1: the comment does not end": ["<!-- doc: before", "```ts", "```"],
};

for (const [message, lines] of Object.entries(wrong)) {
  test(`what cannot be meant is refused: ${message}`, () => assert.throws(() => modulesOf(...lines), { message }));
}
