import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, isWrapperDesc } from "@bufbuild/protobuf/wkt";

/** How the values of a field look in code. Several types of protobuf share one, where they differ in unusual values only. */
export type FieldCode = SingularCode | { readonly kind: "map" };

/** How the one value of a field looks. */
export type SingularCode =
  | { readonly kind: "string" | "bytes" | "bool" | "double" | "bigint" }
  | { readonly kind: "int"; readonly enum?: DescEnum }
  | { readonly kind: "message"; readonly message: DescMessage };

/** The highest field number whose tag takes two bytes. */
const maxFieldNumber = 2_047;

const codeOfScalar: { readonly [Type in ScalarType]?: FieldCode } = {
  [ScalarType.STRING]: { kind: "string" },
  [ScalarType.BYTES]: { kind: "bytes" },
  [ScalarType.BOOL]: { kind: "bool" },
  [ScalarType.DOUBLE]: { kind: "double" },
  [ScalarType.INT32]: { kind: "int" },
  [ScalarType.INT64]: { kind: "bigint" },
  [ScalarType.UINT64]: { kind: "bigint" },
};

/** Tells the code for a field. Throws an error that names the field when there is none for its kind. */
export function fieldCode(field: DescField): FieldCode {
  if (field.number > maxFieldNumber) throw unsupported(field, `numbers above ${maxFieldNumber}`);
  switch (field.fieldKind) {
    case "scalar":
      return scalarCode(field);
    case "enum":
      if (!field.enum.open) throw unsupported(field, "closed enums");
      requireImplicitPresence(field);
      return { kind: "int", enum: field.enum };
    case "message":
      if (field.delimitedEncoding) throw unsupported(field, "groups");
      if (isWrapperDesc(field.message) || field.message.typeName === "google.protobuf.Struct") {
        throw unsupported(
          field,
          `fields of type ${field.message.typeName}, which protobuf-es does not keep as a message,`,
        );
      }
      return { kind: "message", message: field.message };
    case "map":
      if (field.mapKey !== ScalarType.STRING || field.scalar !== ScalarType.STRING) {
        throw unsupported(field, "maps other than map<string, string>");
      }
      requireValidUtf8(field);
      return { kind: "map" };
    case "list":
      throw unsupported(field, "repeated fields");
  }
}

function scalarCode(field: DescField & { fieldKind: "scalar" }): FieldCode {
  const code = codeOfScalar[field.scalar];
  if (code === undefined) throw unsupported(field, `fields of type ${ScalarType[field.scalar].toLowerCase()}`);
  if (field.longAsString) throw unsupported(field, "64-bit numbers kept as strings");
  requireImplicitPresence(field);
  if (code.kind === "string") requireValidUtf8(field);
  return code;
}

function requireImplicitPresence(field: DescField): void {
  if (field.oneof === undefined && field.presence !== FeatureSet_FieldPresence.IMPLICIT) {
    throw unsupported(field, "optional and required fields that are not messages");
  }
}

function requireValidUtf8(field: DescField & { readonly utf8Validation?: boolean }): void {
  if (!field.utf8Validation) throw unsupported(field, "strings that need not be UTF-8");
}

function unsupported(field: DescField, what: string): Error {
  return new Error(`${field}: ${what} are not supported by protoc-gen-codec`);
}
