import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import type { MessageCodec } from "./runtime/codec.ts";

const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const env = { ...process.env, PATH: `${join(modules, ".bin")}${delimiter}${process.env.PATH}` };
const project = mkdtempSync(join(tmpdir(), "protoc-gen-codec-"));
after(() => rmSync(project, { recursive: true }));

cpSync(new URL("fixtures", import.meta.url), join(project, "proto"), { recursive: true });
symlinkSync(modules, join(project, "node_modules"), "dir");
writeFileSync(join(project, "package.json"), `{ "type": "module" }`);
const opt = ["target=ts", "import_extension=ts"];
const plugins = [
  { local: "protoc-gen-es", out: "src", opt: [...opt, "erasable_syntax=true"] },
  {
    local: ["node", fileURLToPath(new URL("main.ts", import.meta.url))],
    strategy: "all",
    out: "src",
    opt: [...opt, "message=kinds.Kinds", "message=kinds.Empty"],
  },
];
const inputs = [{ directory: "proto" }];
writeFileSync(join(project, "buf.gen.yaml"), JSON.stringify({ version: "v2", plugins, inputs }));
execFileSync("buf", ["generate"], { cwd: project, env });
const { kindsCodec, emptyCodec } = (await import(pathToFileURL(join(project, "src", "kinds_codec.ts")).href)) as {
  kindsCodec: MessageCodec<Message>;
  emptyCodec: MessageCodec<Message>;
};

test("generated code type-checks, whatever names the contract has", () => {
  const compilerOptions = {
    ...{ module: "nodenext", target: "es2023", strict: true, noEmit: true, noUncheckedIndexedAccess: true },
    ...{ allowImportingTsExtensions: true, erasableSyntaxOnly: true, verbatimModuleSyntax: true, types: ["node"] },
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  execFileSync("tsc", ["-p", "."], { cwd: project, env, stdio: ["ignore", "inherit", "inherit"] });
});

test("fields of every kind are written and read as protobuf-es does", () => {
  fc.assert(
    fc.property(messageOf(kindsCodec.schema), (message) => assertAlike(kindsCodec, message)),
    { numRuns: 2_000 },
  );
});

test("a message without fields has a codec like any other", () => {
  assertAlike(emptyCodec, create(emptyCodec.schema));
  assertAlike(emptyCodec, { ...create(emptyCodec.schema), $unknown: [{ no: 1, wireType: 0, data: Uint8Array.of(5) }] });
});

function assertAlike(codec: MessageCodec<Message>, message: Message): void {
  const expected = toBinary(codec.schema, message);
  const target = Buffer.alloc(codec.sizeBound(message));
  const written = target.subarray(0, codec.write(message, target, 0));
  assert.deepEqual(new Uint8Array(written), expected);
  assert.deepStrictEqual(codec.read(expected), fromBinary(codec.schema, expected));
}

function messageOf(schema: DescMessage): fc.Arbitrary<Message> {
  const members = schema.members.map((member): [string, fc.Arbitrary<unknown>] =>
    member.kind === "oneof"
      ? [member.localName, fc.oneof(...member.fields.map((field) => caseOf(field)), fc.constant({ case: undefined }))]
      : [member.localName, contentOf(member)],
  );
  return fc.record(Object.fromEntries(members), { requiredKeys: [] }).map((init) => create(schema, init));
}

function caseOf(field: DescField): fc.Arbitrary<unknown> {
  return contentOf(field).map((value) => ({ case: field.localName, value }));
}

function contentOf(field: DescField): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case "message":
      return messageOf(field.message);
    case "map":
      return fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
    case "enum":
      return scalarOf(ScalarType.INT32);
    default:
      return scalarOf(field.scalar);
  }
}

function scalarOf(type: ScalarType | undefined): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return fc.string({ unit: "binary", maxLength: 30 });
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 200 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.INT32:
      return fc.oneof({ weight: 9, arbitrary: fc.nat(300) }, fc.integer());
    case ScalarType.INT64:
      return fc.oneof(
        { weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 40n }) },
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      );
    case ScalarType.UINT64:
      return fc.oneof(
        { weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 300n }) },
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      );
    case ScalarType.DOUBLE:
      return fc.double();
    default:
      throw new Error(`no values for scalar ${type}`);
  }
}
