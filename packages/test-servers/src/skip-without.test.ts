import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";

for (const [ci, outcome] of [
  [undefined, /^ok 1 - needs etcd # SKIP no etcd here: .*Install etcd/m],
  ["true", /^not ok 1 - needs etcd$.*no etcd here: .*Install etcd/ms],
] as const) {
  test(`a test that cannot have its server ${ci === undefined ? "is skipped" : "fails in CI"}, and says what to install`, async () => {
    // A repository of its own, whose cache is empty.
    await using root = await temporaryFolder();
    const copy = join(root.path, "packages/test-servers");
    await cp(fileURLToPath(new URL("../package.json", import.meta.url)), join(copy, "package.json"));
    await cp(fileURLToPath(new URL(".", import.meta.url)), join(copy, "src"), { recursive: true });
    await symlink(fileURLToPath(new URL("../../../node_modules", import.meta.url)), join(root.path, "node_modules"));
    const { NODE_TEST_CONTEXT: _, CI: __, ...env } = process.env;
    const report = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        ["--test-reporter=tap", join(copy, "src/fixtures/uses-etcd.ts")],
        { env: { ...env, PATH: "", ...(ci && { CI: ci }) } },
        (_error, stdout, stderr) => resolve(stdout + stderr),
      );
    });
    assert.match(report, outcome);
  });
}
