import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compareFolders } from "./check-generated.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(root, "node_modules", ".bin");
const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}`, npm_config_dry_run: "false" };

/** Another repository, with the package installed as npm would from what is published. */
function setUpProject(t: TestContext): string {
  const project = mkdtempSync(join(tmpdir(), "im-sdk-proto-"));
  t.after(() => rmSync(project, { recursive: true }));
  const installed = join(project, "node_modules", "@im-sdk", "proto");
  mkdirSync(installed, { recursive: true });
  execFileSync("npm", ["pack", "--silent", "--offline", "--pack-destination", project], {
    cwd: join(root, "proto"),
    env,
  });
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
  assert.ok(tarball !== undefined);
  execFileSync("tar", ["-xzf", join(project, tarball), "-C", installed, "--strip-components=1"]);
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(installed, "README.md"), "utf8")) ?? [];
  assert.ok(yaml !== undefined, "the README shows a buf.gen.yaml");
  writeFileSync(join(project, "buf.gen.yaml"), yaml);
  return project;
}

test("another repository generates the same stubs from the published package, and they type-check", async (t) => {
  const project = setUpProject(t);
  execFileSync("buf", ["generate"], { cwd: project, env });
  const differences = await compareFolders(join(root, "gen", "src"), join(project, "src", "gen"));
  // Only stubs: the codecs are this repository's own.
  assert.deepEqual(
    differences.filter((line) => !/^\S*(?:_codec\.ts|codecs\.ts|runtime\/\w+\.ts): missing$/.test(line)),
    [],
  );

  symlinkSync(join(root, "node_modules", "@bufbuild"), join(project, "node_modules", "@bufbuild"), "dir");
  writeFileSync(join(project, "package.json"), `{ "type": "module" }`);
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    types: [],
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  const listed = execFileSync("tsc", ["--listFilesOnly", "-p", "."], { cwd: project, env, encoding: "utf8" });
  assert.match(listed, /src\/gen\/im\/v1\/service_pb\.ts/);
  execFileSync("tsc", ["-p", "."], { cwd: project, env, stdio: ["ignore", "inherit", "inherit"] });
});

test("the package holds the contract and nothing but", (t) => {
  const installed = join(setUpProject(t), "node_modules", "@im-sdk", "proto");
  const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const others = files.map(({ name }) => name).filter((name) => !name.endsWith(".proto"));
  assert.deepEqual(others.filter((name) => name !== "LICENSE").sort(), ["README.md", "package.json"]);
});
