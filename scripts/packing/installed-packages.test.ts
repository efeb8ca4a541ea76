import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { runCommand } from "../run-command.ts";
import { readWorkspaces } from "../workspaces.ts";
import { provideNode } from "./provide-node.ts";
import { createScratchApp, type ScratchApp } from "./scratch-app.ts";

const root = dirname(dirname(import.meta.dirname));

/** The oldest that the packages say they run on, the one that everything is developed on, and the newest. */
const nodeVersions = [...oldestNodes(), process.versions.node, "26.10.0"];

/** Packages of others that an app sees in our types. Other dependencies are our own affair. */
const inOurTypes = /^@(?:bufbuild\/protobuf|connectrpc\/.*|opentelemetry\/api|im-sdk\/.*)$/;

let app: ScratchApp;

before(async () => {
  app = await createScratchApp(root);
  const { ok, output } = await runCommand(join(root, "node_modules", ".bin", "tsc"), "-p", app.folder);
  // The tests below run what it wrote.
  assert.ok(ok, `an app with all packages does not compile, with strict and without skipLibCheck:\n${output}`);
});

after(async () => app?.[Symbol.asyncDispose]());

test("the types of the packages need no types of the drivers behind them", async () => {
  const { output } = await runCommand(join(root, "node_modules", ".bin", "tsc"), "-p", app.folder, "--listFilesOnly");
  const files = output.split("\n").map((path) => path.replaceAll("\\", "/"));
  const leaks = app.packages.flatMap(({ manifest }) =>
    Object.keys(manifest.dependencies ?? {})
      .filter((name) => !inOurTypes.test(name) && files.some((path) => path.includes(`/node_modules/${name}/`)))
      .map((name) => `${manifest.name} shows types of ${name}`),
  );
  assert.ok(files.some((path) => path.includes("/node_modules/@im-sdk/core/")));
  assert.deepEqual(leaks, []);
});

for (const version of nodeVersions) {
  test(`under Node ${version}`, async (context) => {
    const program = version === process.versions.node ? process.execPath : await provideNode(root, version);
    const runs = (title: string, ...args: string[]) =>
      context.test(title, ({ signal }) => runToEnd(program, args, signal, `${title}, Node ${version}`));

    for (const [way, extension] of [["import", "mjs"] as const, ["require()", "cjs"] as const]) {
      await runs(`${way} loads every package`, join(app.folder, `load.${extension}`), ...app.specifiers);
      const data = await mkdtemp(join(app.folder, "data-"));
      await runs(`an app that loads by ${way} sends a message`, join(app.folder, `app.${extension}`), data);
    }
    for (const { manifest } of app.packages) {
      for (const [command, path] of Object.entries(manifest.bin ?? {})) {
        const file = join(app.folder, "node_modules", manifest.name, path);
        await runs(`the command ${command} of ${manifest.name} starts`, file, "--help");
      }
    }
  });
}

/** A program that does not end by itself is killed with its test. */
function runToEnd(program: string, args: readonly string[], signal: AbortSignal, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { signal, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${what}: ended by ${error.signal ?? error.code}\n${stdout}${stderr}`));
    });
  });
}

function oldestNodes(): string[] {
  const ranges = readWorkspaces(root)
    .filter(({ manifest }) => manifest.private !== true)
    .flatMap(({ manifest }) => manifest.engines?.node ?? []);
  return [...new Set(ranges)].map((range) => {
    const minimum = /^>=(\d+\.\d+)$/.exec(range)?.[1];
    if (minimum === undefined) throw new Error(`engines.node is ${range}: want ">=" and a major and minor version`);
    return `${minimum}.0`;
  });
}
