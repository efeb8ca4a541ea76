import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { fieldCode } from "./field-code.ts";

/** The field of bytes that a message can end with: the one that is written last. */
export function tailField(message: DescMessage): DescField | undefined {
  const last = message.fields.toSorted((a, b) => a.number - b.number).at(-1);
  return last !== undefined && fieldCode(last).kind === "bytes" ? last : undefined;
}
