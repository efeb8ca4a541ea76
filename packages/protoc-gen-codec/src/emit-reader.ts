import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { GeneratedFile, Printable } from "@bufbuild/protoplugin";
import { type FieldCode, fieldCode } from "./field-code.ts";
import { functionOf, imported, repeater, runtime, variable } from "./names.ts";
import { tagOf } from "./tags.ts";

/** The function that reads a message from `start` to `end`, or undefined when anything about the bytes is unusual. */
export function emitReader(f: GeneratedFile, message: DescMessage, keyword: string): void {
  emitRepeaters(f, message);
  const shape = f.importShape(message);
  const buffer = imported(f, "node:buffer", "Buffer", "type");
  f.print`${keyword} ${functionOf(f, "read", message)}(`;
  f.print`  source: Uint8Array,`;
  f.print`  bytes: ${buffer},`;
  f.print`  start: number,`;
  f.print`  end: number,`;
  f.print`): ${shape} | undefined {`;
  f.print`  let at = start;`;
  for (const member of message.members) {
    if (member.kind === "oneof") f.print`  let ${variable(member)}: ${shape}["${member.localName}"] | undefined;`;
    else emitVariable(f, member);
  }
  f.print`  while (at < end) {`;
  f.print`    const tag = ${runtime(f, "varint", "readVarint")}(bytes, at, end);`;
  f.print`    at += tag < 128 ? 1 : 2;`;
  f.print`    switch (tag) {`;
  for (const field of message.fields) emitCase(f, field);
  f.print`      default:`;
  f.print`        return undefined;`;
  f.print`    }`;
  f.print`  }`;
  emitResult(f, message);
  f.print`}`;
  f.print();
}

function emitRepeaters(f: GeneratedFile, message: DescMessage): void {
  for (const field of message.fields) {
    const { kind } = fieldCode(field);
    if (kind !== "string" && kind !== "bigint") continue;
    const type = runtime(f, "repeats", kind === "string" ? "TextRepeater" : "BigIntRepeater");
    f.print`const ${repeater(f, field)} = new ${type}();`;
  }
  f.print();
}

function emitVariable(f: GeneratedFile, field: DescField): void {
  const code = fieldCode(field);
  const name = variable(field);
  switch (code.kind) {
    case "message":
      f.print`  let ${name}: ${f.importShape(code.message)} | undefined;`;
      break;
    case "map":
      f.print`  const ${name}: { [key: string]: string } = {};`;
      break;
    case "bytes":
      f.print`  let ${name} = ${runtime(f, "decoding", "noBytes")};`;
      break;
    case "int":
      f.print("  let ", name, code.enum === undefined ? "" : [": ", f.importShape(code.enum)], " = 0;");
      break;
    default:
      f.print`  let ${name} = ${zeroes[code.kind]};`;
  }
}

const zeroes = { string: `""`, bool: "false", bigint: "0n", double: "0" };

function emitCase(f: GeneratedFile, field: DescField): void {
  const code = fieldCode(field);
  const name = variable(field.oneof ?? field);
  f.print`      case ${tagOf(field, code)}: {`;
  // Where the field was set before, protobuf-es merges.
  if (field.oneof !== undefined || code.kind === "message")
    f.print`        if (${name} !== undefined) return undefined;`;
  if (isDelimited(code)) {
    f.print`        const length = ${runtime(f, "decoding", "readLength")}(bytes, at, end);`;
    f.print`        if (length < 0) return undefined;`;
    f.print`        at += ${runtime(f, "varint", "varintSize")}(length);`;
  }
  const value = emitValue(f, field, code);
  if (field.oneof !== undefined) f.print`        ${name} = { case: ${f.string(field.localName)}, value: ${value} };`;
  else if (code.kind !== "map") f.print`        ${name} = ${value};`;
  if (isDelimited(code)) f.print`        at += length;`;
  f.print`        break;`;
  f.print`      }`;
}

/** Emits what goes before the expression for a value, and returns that. */
function emitValue(f: GeneratedFile, field: DescField, code: FieldCode): Printable {
  switch (code.kind) {
    case "string":
      return `${repeater(f, field)}.read(bytes, at, length)`;
    case "bytes":
      return "source.subarray(at, at + length)";
    case "message":
      f.print`        const value = ${functionOf(f, "read", code.message)}(source, bytes, at, at + length);`;
      f.print`        if (value === undefined) return undefined;`;
      return "value";
    case "map":
      f.print`        if (!${runtime(f, "decoding", "readMapEntry")}(${variable(field)}, bytes, at, at + length)) return undefined;`;
      return "";
    case "double":
      f.print`        if (at + 8 > end) return undefined;`;
      f.print`        const value = bytes.readDoubleLE(at);`;
      f.print`        at += 8;`;
      return "value";
    default:
      f.print`        const value = ${runtime(f, "varint", "readVarint")}(bytes, at, end);`;
      f.print`        if (value < 0${code.kind === "int" ? " || value > 0x7fff_ffff" : ""}) return undefined;`;
      f.print`        at += ${runtime(f, "varint", "varintSize")}(value);`;
      return ofVarint(f, field, code);
  }
}

function ofVarint(f: GeneratedFile, field: DescField, code: FieldCode): Printable {
  if (code.kind === "bool") return "value !== 0";
  if (code.kind === "bigint") return `${repeater(f, field)}.of(value)`;
  return code.kind === "int" && code.enum !== undefined ? ["value as ", f.importShape(code.enum)] : "value";
}

/** A literal with all that is always set, so that messages differ in shape only where a submessage is not set. */
function emitResult(f: GeneratedFile, message: DescMessage): void {
  const optional = message.fields.filter((field) => field.fieldKind === "message" && field.oneof === undefined);
  const [only, ...others] = optional;
  if (only === undefined) {
    f.print("  return ", literal(f, message, []), ";");
  } else if (others.length === 0) {
    const [without, full] = [literal(f, message, []), literal(f, message, optional)];
    f.print("  return ", variable(only), " === undefined ? ", without, " : ", full, ";");
  } else {
    f.print("  const message: ", f.importShape(message), " = ", literal(f, message, []), ";");
    for (const field of optional) {
      f.print`  if (${variable(field)} !== undefined) message.${field.localName} = ${variable(field)};`;
    }
    f.print`  return message;`;
  }
}

function literal(f: GeneratedFile, message: DescMessage, optional: readonly DescField[]): Printable {
  const lines: Printable[] = ["{\n    $typeName: ", f.string(message.typeName), ",\n"];
  for (const member of message.members) {
    const name = variable(member);
    if (member.kind === "oneof") lines.push(`    ${member.localName}: ${name} ?? { case: undefined },\n`);
    else if (member.fieldKind !== "message" || optional.includes(member))
      lines.push(`    ${member.localName}: ${name},\n`);
  }
  return [...lines, "  }"];
}

function isDelimited({ kind }: FieldCode): boolean {
  return kind === "string" || kind === "bytes" || kind === "message" || kind === "map";
}
