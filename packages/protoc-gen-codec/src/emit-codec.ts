import type { DescMessage } from "@bufbuild/protobuf";
import type { GeneratedFile } from "@bufbuild/protoplugin";
import { codecName, functionOf, imported, runtime } from "./names.ts";
import { tailField } from "./tail-field.ts";

/** The codec of a message: its functions, and protobuf-es for what they leave to it. */
export function emitCodec(f: GeneratedFile, message: DescMessage): void {
  const [schema, shape, name] = [f.importSchema(message), f.importShape(message), codecName(f, message)];
  const codec = imported(f, "./runtime/codec.js", "MessageCodec", "type");
  const fromBinary = imported(f, "@bufbuild/protobuf", "fromBinary");
  f.print(f.jsDoc(`Encodes and decodes ${message.typeName}.`));
  f.print(f.export("const", name), ": ", codec, "<", shape, "> = {");
  f.print`  schema: ${schema},`;
  f.print`  sizeBound(message) {`;
  f.print`    const bound = ${functionOf(f, "bound", message)}(message);`;
  f.print`    return bound >= 0 ? bound : ${runtime(f, "codec", "binarySize")}(${schema}, message);`;
  f.print`  },`;
  f.print`  write(message, target, offset) {`;
  f.print`    const end = ${functionOf(f, "write", message)}(message, target, offset);`;
  f.print`    return end >= 0 ? end : ${runtime(f, "codec", "writeBinary")}(${schema}, message, target, offset);`;
  f.print`  },`;
  f.print`  read(bytes, start = 0, end = bytes.length) {`;
  f.print`    const message = ${functionOf(f, "read", message)}(bytes, ${runtime(f, "decoding", "toBuffer")}(bytes), start, end);`;
  f.print`    return message ?? ${fromBinary}(${schema}, bytes.subarray(start, end));`;
  f.print`  },`;
  emitTail(f, message);
  f.print`};`;
  f.print();
}

function emitTail(f: GeneratedFile, message: DescMessage): void {
  const field = tailField(message);
  if (field === undefined) return;
  const { oneof, localName } = field;
  f.print`  tail: {`;
  if (oneof === undefined) {
    f.print`    of: (message) => message.${localName},`;
  } else {
    const chosen = `message.${oneof.localName}`;
    f.print`    of: (message) => (${chosen}.case === ${f.string(localName)} ? ${chosen}.value : undefined),`;
  }
  f.print`    writeHead: (message, target, offset) => ${functionOf(f, "write", message)}(message, target, offset, false),`;
  f.print`  },`;
}
