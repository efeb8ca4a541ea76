import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkModuleTypes } from "./check-module-types.ts";
import type { DocModule } from "./doc-module.ts";
import { runModule } from "./run-module.ts";

const cache = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), ".cache");
await mkdir(cache, { recursive: true });
const folder = await mkdtemp(join(cache, "docs-"));
after(() => rm(folder, { recursive: true }));

function moduleOf(code: string, fields: Partial<DocModule> = {}): DocModule {
  return {
    page: "page.md",
    line: 7,
    code,
    extension: "ts",
    typesOnly: undefined,
    prints: [],
    until: undefined,
    ...fields,
  };
}

const right: Readonly<Record<string, DocModule>> = {
  "ends by itself": moduleOf("console.log(1);"),
  "prints what it must": moduleOf("console.log(1);", { prints: ["1"] }),
  "goes on until it has printed something": moduleOf("setInterval(console.log, 1, 1);", { until: "1" }),
  "waits for SIGTERM": moduleOf(
    'const timer = setInterval(() => {}, 1);\nprocess.once("SIGTERM", () => clearInterval(timer));',
  ),
  "reaches a server": moduleOf(`import { ImClient } from "@im-sdk/core";
    await using client = new ImClient({ userId: "ann", services: ["localhost:8084"] });
    await client.connect();`),
};

for (const [what, module] of Object.entries(right)) {
  test(`a program is right that ${what}`, () => runModule(module, folder));
}

const wrong: Readonly<Record<string, DocModule>> = {
  "page.md:7 ends with exit code 1\n.*page.md:2": moduleOf('\nthrow new Error("no");'),
  "page.md:7 ends before its last line": moduleOf("process.exit();\nconsole.log(1);"),
  'page.md:7 does not print "2"': moduleOf("console.log(1);", { prints: ["1", "2"] }),
  'page.md:7 never prints "2"': moduleOf("console.log(1);", { until: "2" }),
};

for (const [message, module] of Object.entries(wrong)) {
  test(`a program is wrong, and the failure says where: ${message}`, async () => {
    await assert.rejects(runModule(module, folder), { message: new RegExp(message, "s") });
  });
}

test("so is one that does not end in time", async () => {
  const module = moduleOf("setInterval(() => {}, 1000);");
  await assert.rejects(runModule(module, folder, 500), { message: /^page\.md:7 .* not ended after 0\.5 s/ });
});

test("what the compiler says names page and line", async () => {
  const found = await checkModuleTypes([moduleOf("const a = 1;"), moduleOf('\n\nconst a: number = "";')], folder);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /^page\.md:3: error TS2322/);
});
