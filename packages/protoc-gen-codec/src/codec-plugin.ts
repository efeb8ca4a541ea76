import type { DescMessage } from "@bufbuild/protobuf";
import { createEcmaScriptPlugin, type GeneratedFile, type Plugin, type Schema } from "@bufbuild/protoplugin";
import { containedMessages, sharedMessages } from "./contained-messages.ts";
import { emitCodec } from "./emit-codec.ts";
import { emitFindCodec } from "./emit-find-codec.ts";
import { emitReader } from "./emit-reader.ts";
import { emitRuntime } from "./emit-runtime.ts";
import { emitSizeBound } from "./emit-size-bound.ts";
import { emitWriter } from "./emit-writer.ts";

interface Options {
  /** Full names of the messages that get a codec. */
  readonly messages: readonly string[];
}

/**
 * Writes a codec for every message that an option `message=<full name>` names, beside what protoc-gen-es writes. Fails at
 * the first field of a kind it has no code for. To be run with `target=ts,import_extension=ts`, on all files at once.
 */
export const codecPlugin: Plugin = createEcmaScriptPlugin<Options>({
  name: "protoc-gen-codec",
  version: "v1",
  parseOptions,
  generateTs,
});

function parseOptions(options: { key: string; value: string }[]): Options {
  for (const { key } of options) {
    if (key !== "message") throw new Error(`option "${key}" is not known; want message=<full name of a message>`);
  }
  return { messages: options.map(({ value }) => value) };
}

function generateTs(schema: Schema<Options>): void {
  const roots = schema.options.messages.map((name) => findMessage(schema, name));
  const contained = containedMessages(roots);
  const shared = sharedMessages(contained);
  for (const file of new Set(contained.map((message) => message.file))) {
    const f = schema.generateFile(`${file.name}_codec.ts`);
    f.preamble(file);
    for (const root of roots) if (root.file === file) emitCodec(f, root);
    for (const message of contained) if (message.file === file) emitFunctions(f, message, shared.has(message));
  }
  emitFindCodec(schema.generateFile("codecs.ts"), roots);
  emitRuntime((name) => schema.generateFile(name));
}

function emitFunctions(f: GeneratedFile, message: DescMessage, isShared: boolean): void {
  const keyword = isShared ? "export function" : "function";
  emitSizeBound(f, message, keyword);
  emitWriter(f, message, keyword);
  emitReader(f, message, keyword);
}

function findMessage(schema: Schema<Options>, name: string): DescMessage {
  for (const file of schema.allFiles) {
    for (const type of schema.typesInFile(file)) if (type.kind === "message" && type.typeName === name) return type;
  }
  throw new Error(`option "message": there is no message ${name}`);
}
