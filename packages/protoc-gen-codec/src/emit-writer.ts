import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { GeneratedFile, Printable } from "@bufbuild/protoplugin";
import { fieldCode, type SingularCode } from "./field-code.ts";
import { functionOf, imported, runtime, variable } from "./names.ts";
import { tagBytes, tagOf } from "./tags.ts";
import { tailField } from "./tail-field.ts";

/**
 * The function that writes a message and returns the offset behind it, or `unusual`. That of a message which can end with a
 * field of bytes leaves those out where it is told so.
 */
export function emitWriter(f: GeneratedFile, message: DescMessage, keyword: string): void {
  const buffer = imported(f, "node:buffer", "Buffer", "type");
  const name = functionOf(f, "write", message);
  const option = tailField(message) === undefined ? "" : ", withTail = true";
  f.print`${keyword} ${name}(message: ${f.importShape(message)}, target: ${buffer}, offset: number${option}): number {`;
  const unusual = runtime(f, "varint", "unusual");
  const typeName = f.string(message.typeName);
  f.print`  if (message.$typeName !== ${typeName} || message.$unknown !== undefined) return ${unusual};`;
  f.print`  let at = offset;`;
  for (const oneof of message.oneofs) f.print`  const ${variable(oneof)} = message.${oneof.localName};`;
  for (const field of message.fields.toSorted((a, b) => a.number - b.number)) emitField(f, field);
  f.print`  return at;`;
  f.print`}`;
  f.print();
}

function emitField(f: GeneratedFile, field: DescField): void {
  const { oneof, localName } = field;
  const code = fieldCode(field);
  const unusual = runtime(f, "varint", "unusual");
  const value = variable(field);
  if (code.kind === "map") {
    f.print`  at = ${runtime(f, "encoding", "writeMap")}(message.${localName}, ${tagOf(field, code)}, target, at);`;
    f.print`  if (at < 0) return ${unusual};`;
    return;
  }
  const unusualValue = unusualWhen(field, code, value);
  if (oneof === undefined) {
    f.print`  const ${value} = ${read(f, code, `message.${localName}`)};`;
    if (code.kind !== "message") f.print`  if (${unusualValue}) return ${unusual};`;
    f.print`  if (${setWhen(code, value)}) {`;
    if (code.kind === "message") f.print`    if (${unusualValue}) return ${unusual};`;
  } else {
    f.print`  if (${variable(oneof)}.case === ${f.string(localName)}) {`;
    f.print`    const ${value} = ${read(f, code, `${variable(oneof)}.value`)};`;
    f.print`    if (${unusualValue}) return ${unusual};`;
  }
  for (const byte of tagBytes(tagOf(field, code))) f.print`    target[at++] = ${byte};`;
  // Outside of a oneof, false is not written.
  if (code.kind === "bool" && oneof === undefined) f.print`    target[at++] = 1;`;
  else if (field === tailField(field.parent)) emitTail(f, value);
  else emitValue(f, code, value);
  f.print`  }`;
}

function emitTail(f: GeneratedFile, value: string): void {
  const [writeBytes, writeVarint] = [runtime(f, "encoding", "writeBytes"), runtime(f, "varint", "writeVarint")];
  f.print`    at = withTail ? ${writeBytes}(${value}, target, at) : ${writeVarint}(${value}.length, target, at);`;
}

function read(f: GeneratedFile, code: SingularCode, value: string): Printable {
  return code.kind === "bigint" ? [runtime(f, "encoding", "smallNumber"), `(${value})`] : value;
}

/** Where protobuf-es throws, converts, or writes more than the code here would. */
function unusualWhen(field: DescField, { kind }: SingularCode, value: string): string {
  switch (kind) {
    case "string":
      return `typeof ${value} !== "string"`;
    case "bytes":
      return `!(${value} instanceof Uint8Array)`;
    case "bool":
      return `typeof ${value} !== "boolean"`;
    case "int":
      return `typeof ${value} !== "number" || (${value} | 0) !== ${value} || ${value} < 0`;
    case "bigint":
      return `${value} < 0`;
    case "double":
      return `typeof ${value} !== "number" || Number.isNaN(${value})`;
    case "message":
      return field.oneof === undefined
        ? `!Object.hasOwn(message, ${JSON.stringify(field.localName)})`
        : `${value} === undefined`;
  }
}

function setWhen({ kind }: SingularCode, value: string): string {
  switch (kind) {
    case "string":
      return `${value} !== ""`;
    case "bytes":
      return `${value}.length > 0`;
    case "bool":
      return value;
    case "int":
    case "bigint":
      return `${value} !== 0`;
    case "double":
      return `!Object.is(${value}, 0)`;
    case "message":
      return `${value} !== undefined`;
  }
}

function emitValue(f: GeneratedFile, code: SingularCode, value: string): void {
  switch (code.kind) {
    case "string":
      f.print`    at = ${runtime(f, "encoding", "writeString")}(${value}, target, at);`;
      break;
    case "bytes":
      f.print`    at = ${runtime(f, "encoding", "writeBytes")}(${value}, target, at);`;
      break;
    case "bool":
      f.print`    target[at++] = ${value} ? 1 : 0;`;
      break;
    case "int":
    case "bigint":
      f.print`    at = ${runtime(f, "varint", "writeVarint")}(${value}, target, at);`;
      break;
    case "double":
      f.print`    at = target.writeDoubleLE(${value}, at);`;
      break;
    case "message":
      f.print`    const start = at + 1;`;
      f.print`    const end = ${functionOf(f, "write", code.message)}(${value}, target, start);`;
      f.print`    if (end < 0) return ${runtime(f, "varint", "unusual")};`;
      f.print`    at = ${runtime(f, "encoding", "closeLength")}(target, start, end);`;
      break;
  }
}
