import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { GeneratedFile, Printable } from "@bufbuild/protoplugin";
import { type FieldCode, fieldCode } from "./field-code.ts";
import { functionOf, runtime, variable } from "./names.ts";
import { tagBytes, tagOf } from "./tags.ts";

/** Bytes that a field takes at most, without its tag and what depends on the value. */
const fixedBytes: { readonly [Kind in FieldCode["kind"]]: number } = {
  string: 5,
  bytes: 5,
  message: 5,
  map: 0,
  bool: 1,
  int: 10,
  bigint: 10,
  double: 8,
};

/** The function that tells a bound of a message's size, or NaN when anything about it is unusual. */
export function emitSizeBound(f: GeneratedFile, message: DescMessage, keyword: string): void {
  const fields = message.fields.map((field) => ({ field, code: fieldCode(field) }));
  const fixed = fields.map(({ field, code }) => tagBytes(tagOf(field, code)).length + fixedBytes[code.kind]);
  f.print`${keyword} ${functionOf(f, "bound", message)}(message: ${f.importShape(message)}): number {`;
  f.print`  if (message.$unknown !== undefined) return Number.NaN;`;
  for (const oneof of message.oneofs) f.print`  const ${variable(oneof)} = message.${oneof.localName};`;
  f.print`  let bound = ${fixed.reduce((sum, bytes) => sum + bytes, 0)};`;
  for (const { field, code } of fields) emitField(f, field, code);
  f.print`  return bound;`;
  f.print`}`;
  f.print();
}

function emitField(f: GeneratedFile, field: DescField, code: FieldCode): void {
  const { oneof, localName } = field;
  const value = oneof === undefined ? `message.${localName}` : `${variable(oneof)}.value`;
  const bound = variableBound(f, code, value);
  if (bound === undefined) return;
  if (oneof === undefined) {
    const condition = code.kind === "message" ? `if (${value} !== undefined) ` : "";
    f.print`  ${condition}bound += ${bound};`;
  } else {
    // A submessage that is chosen and missing is unusual: protobuf-es writes an empty one.
    const missing = code.kind === "message" ? `${value} === undefined ? Number.NaN : ` : "";
    f.print`  if (${variable(oneof)}.case === ${f.string(localName)}) bound += ${missing}${bound};`;
  }
}

function variableBound(f: GeneratedFile, code: FieldCode, value: string): Printable | undefined {
  switch (code.kind) {
    case "string":
      return [runtime(f, "encoding", "stringBound"), `(${value})`];
    case "bytes":
      return [runtime(f, "encoding", "bytesBound"), `(${value})`];
    case "map":
      return [runtime(f, "encoding", "mapBound"), `(${value})`];
    case "message":
      return [functionOf(f, "bound", code.message), `(${value})`];
    default:
      return undefined;
  }
}
