import type { DescField } from "@bufbuild/protobuf";
import type { FieldCode } from "./field-code.ts";

const wireTypes: { readonly [Kind in FieldCode["kind"]]: number } = {
  int: 0,
  bigint: 0,
  bool: 0,
  double: 1,
  string: 2,
  bytes: 2,
  map: 2,
  message: 2,
};

/** The number that announces a field. */
export function tagOf(field: DescField, { kind }: FieldCode): number {
  return (field.number << 3) | wireTypes[kind];
}

/** A tag as it is written: one byte, or two. */
export function tagBytes(tag: number): number[] {
  return tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7];
}
