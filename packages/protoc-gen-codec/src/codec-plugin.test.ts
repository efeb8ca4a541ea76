import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type DescriptorProtoSchema,
  Edition,
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_struct,
  file_google_protobuf_wrappers,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { codecPlugin } from "./codec-plugin.ts";

type FieldInit = MessageInitShape<typeof FieldDescriptorProtoSchema>;
type MessageInit = MessageInitShape<typeof DescriptorProtoSchema>;

const stringField: FieldInit = { name: "text", number: 1, type: Type.STRING, label: Label.OPTIONAL };

/** What the plugin generates for `test.Root` of a file with these messages. */
function generate(
  messageType: MessageInit[],
  file: MessageInitShape<typeof FileDescriptorProtoSchema> = {},
  options = "",
) {
  const wellKnown = [file_google_protobuf_wrappers.proto, file_google_protobuf_struct.proto];
  const proto = create(FileDescriptorProtoSchema, {
    ...{ name: "test.proto", package: "test", syntax: "proto3", messageType },
    dependency: wellKnown.map(({ name }) => name),
    enumType: [{ name: "Kind", value: [{ name: "NONE", number: 0 }] }],
    ...file,
  });
  const request = create(CodeGeneratorRequestSchema, {
    parameter: `target=ts,import_extension=ts,${options || "message=test.Root"}`,
    fileToGenerate: ["test.proto"],
    protoFile: [...wellKnown, proto],
  });
  return new Map(codecPlugin.run(request).file.map(({ name, content }) => [name, content]));
}

function root(...field: FieldInit[]): MessageInit {
  return { name: "Root", field };
}

function entryOf(type: Type): MessageInit {
  const value = { name: "value", number: 2, type, label: Label.OPTIONAL };
  return { name: "PairsEntry", field: [{ ...stringField, name: "key" }, value], options: { mapEntry: true } };
}

const refused: Record<
  string,
  { messages: MessageInit[]; file?: MessageInitShape<typeof FileDescriptorProtoSchema>; says: RegExp }
> = {
  "a repeated field": {
    messages: [root({ ...stringField, label: Label.REPEATED })],
    says: /field test\.Root\.text: repeated fields are not supported/,
  },
  "a type of number without code": {
    messages: [root({ ...stringField, type: Type.SINT64 })],
    says: /field test\.Root\.text: fields of type sint64 are not supported/,
  },
  "a scalar with presence": {
    messages: [
      {
        name: "Root",
        field: [{ ...stringField, proto3Optional: true, oneofIndex: 0 }],
        oneofDecl: [{ name: "_text" }],
      },
    ],
    says: /field test\.Root\.text: optional and required fields/,
  },
  "a 64-bit number kept as a string": {
    messages: [root({ ...stringField, type: Type.INT64, options: { jstype: 1 } })],
    says: /field test\.Root\.text: 64-bit numbers kept as strings/,
  },
  "a map to something else than strings": {
    messages: [
      {
        name: "Root",
        field: [
          { name: "pairs", number: 1, type: Type.MESSAGE, typeName: ".test.Root.PairsEntry", label: Label.REPEATED },
        ],
        nestedType: [entryOf(Type.INT32)],
      },
    ],
    says: /field test\.Root\.pairs: maps other than map<string, string>/,
  },
  "a wrapper": {
    messages: [root({ ...stringField, type: Type.MESSAGE, typeName: ".google.protobuf.StringValue" })],
    says: /field test\.Root\.text: fields of type google\.protobuf\.StringValue/,
  },
  "a struct": {
    messages: [root({ ...stringField, type: Type.MESSAGE, typeName: ".google.protobuf.Struct" })],
    says: /field test\.Root\.text: fields of type google\.protobuf\.Struct/,
  },
  "a field with a tag of three bytes": {
    messages: [root({ ...stringField, number: 2_048 })],
    says: /field test\.Root\.text: numbers above 2047/,
  },
  "a field of what the message contains": {
    messages: [
      root({ ...stringField, name: "inner", type: Type.MESSAGE, typeName: ".test.Inner" }),
      { name: "Inner", field: [{ ...stringField, label: Label.REPEATED }] },
    ],
    says: /field test\.Inner\.text: repeated fields/,
  },
  "a message that contains itself": {
    messages: [root({ ...stringField, name: "inner", type: Type.MESSAGE, typeName: ".test.Root" })],
    says: /message test\.Root: contains itself/,
  },
  "a message of proto2": {
    messages: [root()],
    file: { syntax: "proto2" },
    says: /message test\.Root: messages of proto2/,
  },
  "a closed enum": {
    messages: [root({ ...stringField, type: Type.ENUM, typeName: ".test.Kind" })],
    file: {
      syntax: "editions",
      edition: Edition.EDITION_2023,
      options: { features: { enumType: 2, fieldPresence: 2 } },
    },
    says: /field test\.Root\.text: closed enums/,
  },
  "a group": {
    messages: [
      root({ ...stringField, name: "inner", type: Type.MESSAGE, typeName: ".test.Inner" }),
      { name: "Inner", field: [] },
    ],
    file: { syntax: "editions", edition: Edition.EDITION_2023, options: { features: { messageEncoding: 2 } } },
    says: /field test\.Root\.inner: groups/,
  },
  "a string that need not be UTF-8": {
    messages: [root(stringField)],
    file: {
      syntax: "editions",
      edition: Edition.EDITION_2023,
      options: { features: { utf8Validation: 3, fieldPresence: 2 } },
    },
    says: /field test\.Root\.text: strings that need not be UTF-8/,
  },
};

for (const [what, { messages, file, says }] of Object.entries(refused)) {
  test(`${what} is refused by an error that names it`, () => {
    assert.throws(() => generate(messages, file), says);
  });
}

test("an option and a message that do not exist are refused by name", () => {
  assert.throws(() => generate([root()], {}, "messages=test.Root"), /option "messages" is not known/);
  assert.throws(() => generate([root()], {}, "message=test.Other"), /there is no message test\.Other/);
});

test("a message gets a codec in the file of its name, and one that it contains only functions", () => {
  const inner = { ...stringField, name: "inner", type: Type.MESSAGE, typeName: ".test.Inner" };
  const files = generate([
    root(inner),
    { name: "Inner", field: [stringField] },
    { name: "Other", field: [stringField] },
  ]);
  assert.deepEqual([...files.keys()].sort(), [
    "codecs.ts",
    "runtime/codec.ts",
    "runtime/decoding.ts",
    "runtime/encoding.ts",
    "runtime/repeats.ts",
    "runtime/varint.ts",
    "test_codec.ts",
  ]);
  const code = files.get("test_codec.ts") ?? "";
  assert.deepEqual(
    [...code.matchAll(/^(?:export )?(?:const|function) (\w+)/gm)].map(([, name]) => name),
    [
      "rootCodec",
      ...["boundRoot", "writeRoot", "readRoot"],
      ...["boundInner", "writeInner", "textOfInner", "readInner"],
    ],
  );
});
