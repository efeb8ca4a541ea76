import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { architectureRules, type Rule } from "./architecture-rules.ts";
import { findTraces, readRepository } from "./repository-text.ts";
import { importsOf, type Manifest, readWorkspaces, type SourceFile, type Workspace } from "./workspaces.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const workspaces = readWorkspaces(root);

for (const [name, rule] of Object.entries<Rule>(architectureRules)) {
  test(`every package keeps the rule: ${name}`, () => assert.deepEqual(rule(workspaces), []));
}

test("no file names a machine's folders or a package registry", () => {
  const traces = [...readRepository(root)].flatMap(([path, text]) => findTraces(path, text));
  assert.deepEqual(traces, []);
});

test("the packages of the repository are found, with their files and imports", () => {
  const contracts = workspaces.find(({ folder }) => folder === "packages/contracts");
  const index = contracts?.files.find(({ path }) => path === "packages/contracts/src/index.ts");
  assert.deepEqual(index?.imports[0], { specifier: "./address.ts", typeOnly: false });
});

test("imports are told in all their forms, and not in comments", () => {
  const source = `
import one from "one";
import type { Two } from "two";
import {
  three,
} from "three";
import "four";
export * from "five";
export type { Six } from "six";
const seven = await import("seven");
 * import no from "comment";
// await import("comment");
export const from = "nothing";
`;
  const found = importsOf(source).map(({ specifier, typeOnly }) => (typeOnly ? `${specifier} (type)` : specifier));
  assert.deepEqual(found, ["one", "two (type)", "three", "four", "five", "six (type)", "seven"]);
});

interface Breach {
  readonly workspaces: Workspace[];
  readonly found: string[];
}

/** For every rule, packages that break it, and what must be found. */
const broken: Record<keyof typeof architectureRules, Breach> = {
  importsOnlyWhomItMay: {
    workspaces: [
      made("contracts", { dependencies: { anything: "1" } }),
      made("core", needs("balancers")),
      made("new", {}),
    ],
    found: [
      "packages/contracts: anything are more than 0 foreign packages",
      "packages/core: may not depend on @im-sdk/balancers",
      "packages/new: not in the table of who may import whom",
    ],
  },
  telemetryTakesTypesOnly: {
    workspaces: [made("opentelemetry", {}, file("a", "@im-sdk/core"))],
    found: ["packages/opentelemetry/src/a.ts: imports more than types from @im-sdk/core"],
  },
  importsNoInnerFiles: {
    workspaces: [
      made("core", {}, file("a", "../../server/src/b.ts"), file("b", "@im-sdk/server/dist/c.js", "@im-sdk/server")),
      made("server", { exports: { ".": "./dist/index.js" } }),
    ],
    found: [
      "packages/core/src/a.ts: ../../server/src/b.ts is outside of the package",
      "packages/core/src/b.ts: @im-sdk/server/dist/c.js is not exported by its package",
    ],
  },
  declaresWhatItImports: {
    workspaces: [
      made("core", { devDependencies: { "@im-sdk/server": "1" } }, file("a", "@im-sdk/server", "node:fs")),
      made("server", needs("gen"), file("b", "@im-sdk/gen"), file("c.test", "uuid", "fast-check")),
    ],
    found: [
      "packages/core/src/a.ts: @im-sdk/server is not declared in packages/core/package.json",
      "packages/server/src/c.test.ts: uuid is not declared in packages/server/package.json",
    ],
  },
  usesWhatItDeclares: {
    workspaces: [
      made("core", { ...needs("gen"), devDependencies: { "@im-sdk/server": "1" } }, file("a.test", "@im-sdk/gen")),
    ],
    found: [
      "packages/core: declares @im-sdk/gen and does not import it",
      "packages/core: declares @im-sdk/server and does not import it",
    ],
  },
  pinsOurOwnVersions: {
    workspaces: [made("gen", {}), made("core", { dependencies: { "@im-sdk/gen": "^2.0.0", "@im-sdk/gone": "1" } })],
    found: [
      "packages/core: asks for @im-sdk/gen ^2.0.0, here is 1",
      "packages/core: asks for @im-sdk/gone 1, here is none",
    ],
  },
  hasNoCycles: {
    workspaces: [made("core", {}, file("a", "./b.ts"), file("b", "./c.ts"), file("c", "./b.ts"))],
    found: ["packages/core/src/b.ts → packages/core/src/c.ts → packages/core/src/b.ts is a cycle"],
  },
  keepsFilesShort: {
    workspaces: [
      made("core", {}, { ...file("a"), lines: 221 }, { ...file("b"), lines: 220 }, { ...file("c.test"), lines: 900 }),
    ],
    found: ["packages/core/src/a.ts: 221 lines are two ideas or more; 220 is the limit"],
  },
  canBePublished: {
    workspaces: [
      publishable("core", {}),
      { ...publishable("server", {}), hasReadme: false, hasLicense: false },
      made("private", { private: true }),
      publishable("half", { keywords: [], homepage: "https://example.com", publishConfig: { access: "public" } }),
      publishable("untyped", {
        exports: { ".": "./dist/index.js", "./late": { default: "./a.js", types: "./a.d.ts" } },
      }),
      made("bare", {}, file("a")),
    ],
    found: [
      "packages/server: has no README.md",
      "packages/server: has no LICENSE that is a copy of the one at the root",
      "packages/half: has no keywords",
      "packages/half: has no homepage https://github.com/im-sdk/im-sdk-ts/tree/main/packages/half#readme",
      "packages/half: has no publishConfig.provenance",
      "packages/untyped: exports . without types, or without a default, in this order",
      "packages/untyped: exports ./late without types, or without a default, in this order",
      "packages/bare: has no description",
      "packages/bare: has no keywords",
      "packages/bare: has no homepage https://github.com/im-sdk/im-sdk-ts/tree/main/packages/bare#readme",
      "packages/bare: has no bugs.url https://github.com/im-sdk/im-sdk-ts/issues",
      "packages/bare: has no repository.url git+https://github.com/im-sdk/im-sdk-ts.git",
      "packages/bare: has no repository.directory packages/bare",
      "packages/bare: has no license",
      "packages/bare: has no sideEffects",
      "packages/bare: has no files",
      "packages/bare: has no exports",
      "packages/bare: has no engines.node",
      "packages/bare: has no publishConfig.access public",
      "packages/bare: has no publishConfig.provenance",
    ],
  },
};

for (const [name, { workspaces, found }] of Object.entries<Breach>(broken)) {
  test(`the rule ${name} finds what breaks it`, () => {
    assert.deepEqual(architectureRules[name as keyof typeof broken](workspaces), found);
  });
}

test("a cycle of types only is none", () => {
  const typed = { ...file("b"), imports: [{ specifier: "./a.ts", typeOnly: true }] };
  assert.deepEqual(architectureRules.hasNoCycles([made("core", {}, file("a", "./b.ts"), typed)]), []);
});

test("traces of a machine are found, and what only looks alike is not", () => {
  const folder = ["", "home", "somebody", "project"].join("/");
  const host = ["https://npm", "registry.example.com"].join("-");
  for (const text of [`at ${folder}/a.ts`, `"${folder}"`, `file://${folder}`, `resolved ${host}/x`]) {
    assert.equal(findTraces("a.md", text).length, 1, text);
  }
  for (const text of ["GET /v1/health/service", "~/src", "#!/usr/bin/env bash", "a/home/b", "registry.register()"]) {
    assert.deepEqual(findTraces("a.md", text), []);
  }
  assert.equal(findTraces("package-lock.json", `"resolved": "${host}/a.tgz"`).length, 1);
});

function made(name: string, manifest: Partial<Manifest>, ...files: SourceFile[]): Workspace {
  const folder = `packages/${name}`;
  const placed = files.map((each) => ({ ...each, path: `${folder}/src/${each.path}` }));
  return {
    folder,
    manifest: { name: `@im-sdk/${name}`, version: "1", ...manifest },
    hasReadme: true,
    hasLicense: true,
    files: placed,
  };
}

/** A package that lacks nothing, but for what `manifest` has otherwise. */
function publishable(name: string, manifest: Partial<Manifest>): Workspace {
  const site = "https://github.com/im-sdk/im-sdk-ts";
  const complete = {
    description: "A package",
    keywords: ["im"],
    homepage: `${site}/tree/main/packages/${name}#readme`,
    bugs: { url: `${site}/issues` },
    repository: { type: "git", url: `git+${site}.git`, directory: `packages/${name}` },
    license: "MIT",
    sideEffects: false,
    engines: { node: ">=22.12" },
    files: ["dist"],
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    publishConfig: { access: "public", provenance: true },
  };
  return made(name, { ...complete, ...manifest }, file("a"));
}

function file(name: string, ...specifiers: string[]): SourceFile {
  const imports = specifiers.map((specifier) => ({ specifier, typeOnly: false }));
  return { path: `${name}.ts`, lines: 1, isTest: name.endsWith(".test"), imports };
}

function needs(name: string): Partial<Manifest> {
  return { dependencies: { [`@im-sdk/${name}`]: "1" } };
}
