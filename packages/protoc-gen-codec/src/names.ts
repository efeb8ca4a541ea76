import type { DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
import type { GeneratedFile, ImportSymbol } from "@bufbuild/protoplugin";

/** The functions that every message has. */
export type Part = "bound" | "write" | "read";

/** The path of the file with the codecs of a file, as an import. */
export function codecPath(file: DescFile): string {
  return `./${file.name}_codec.js`;
}

/** The name of the codec of a message. */
export function codecName(f: GeneratedFile, message: DescMessage): string {
  const { name } = f.importShape(message);
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}Codec`;
}

/** The function of a message that does one part of the work. */
export function functionOf(f: GeneratedFile, part: Part, message: DescMessage): ImportSymbol {
  return f.import(`${part}${f.importShape(message).name}`, codecPath(message.file));
}

/** The local variable with the value of a field or a oneof. No field can have a name with `$`, so it collides with nothing. */
export function variable(member: { readonly localName: string }): string {
  return `$${member.localName}`;
}

/** The constant of a file that reads a field and knows what the message before had in it. */
export function repeater(f: GeneratedFile, field: DescField): string {
  return `${field.localName}Of${f.importShape(field.parent).name}`;
}

/** A name from elsewhere: a package, or a file seen from the root of what is generated. */
export function imported(f: GeneratedFile, from: string, name: string, use: "value" | "type" = "value"): ImportSymbol {
  return f.import(name, from, use === "type");
}

/** The files that the generated code runs on, and what they hold. */
interface Runtime {
  readonly decoding: typeof import("./runtime/decoding.ts");
  readonly encoding: typeof import("./runtime/encoding.ts");
  readonly repeats: typeof import("./runtime/repeats.ts");
  readonly codec: typeof import("./runtime/codec.ts");
  readonly varint: typeof import("./runtime/varint.ts");
}

/** Something that the generated code runs on. */
export function runtime<File extends keyof Runtime>(
  f: GeneratedFile,
  file: File,
  name: keyof Runtime[File] & string,
): ImportSymbol {
  return f.import(name, `./runtime/${file}.js`);
}
