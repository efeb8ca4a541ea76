import type { DescMessage } from "@bufbuild/protobuf";
import { Edition } from "@bufbuild/protobuf/wkt";
import { fieldCode } from "./field-code.ts";

/**
 * The messages named and all that they contain, each once. Throws for the first that there is no code for, or whose field
 * there is none for.
 */
export function containedMessages(roots: readonly DescMessage[]): DescMessage[] {
  const found = new Set<DescMessage>();
  const visit = (message: DescMessage, way: readonly DescMessage[]): void => {
    if (way.includes(message)) throw new Error(`${message}: contains itself, which protoc-gen-codec does not support`);
    if (found.has(message)) return;
    if (message.file.edition === Edition.EDITION_PROTO2) {
      throw new Error(`${message}: messages of proto2 are not supported by protoc-gen-codec`);
    }
    found.add(message);
    for (const field of message.fields) {
      const code = fieldCode(field);
      if (code.kind === "message") visit(code.message, [...way, message]);
    }
  };
  for (const root of roots) visit(root, []);
  return [...found];
}

/** Those messages that a message of another file contains. */
export function sharedMessages(messages: readonly DescMessage[]): Set<DescMessage> {
  const contained = messages.flatMap(({ file, fields }) =>
    fields
      .map(fieldCode)
      .flatMap((code) => (code.kind === "message" && code.message.file !== file ? [code.message] : [])),
  );
  return new Set(contained);
}
