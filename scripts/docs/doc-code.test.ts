import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipWithout } from "@im-sdk/test-servers";
import { checkModuleTypes } from "./check-module-types.ts";
import { toModules } from "./doc-module.ts";
import { readBlocks } from "./markdown-blocks.ts";
import { enginesOf } from "./module-world.ts";
import { readPages } from "./pages.ts";
import { runModule } from "./run-module.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const modules = readPages(root).flatMap(({ path, text }) => toModules(readBlocks(path, text)));
const real = new Map(
  await Promise.all(modules.map(async (module) => [module, await skipWithout(...enginesOf(module.code))] as const)),
);
// Inside of the repository, so that our packages are found.
await mkdir(join(root, ".cache"), { recursive: true });
const folder = await mkdtemp(join(root, ".cache", "docs-"));
after(() => rm(folder, { recursive: true }));

test("the TypeScript of every page passes the compiler", async () => {
  assert.deepEqual(await checkModuleTypes(modules, folder), []);
});

describe("the code of a page runs", { concurrency: 2 }, () => {
  for (const module of modules) {
    if (module.typesOnly !== undefined) continue;
    test(`${module.page}:${module.line}`, real.get(module), () => runModule(module, folder));
  }
});
