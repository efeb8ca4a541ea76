import { readFileSync } from "node:fs";

/** Authorities, certificate and key, in this order, from the files that variables name; undefined when none does. */
export function readCertificates(files: Readonly<Record<string, string | undefined>>) {
  const [ca, cert, key] = Object.entries(files).map(([variable, path]) => {
    if (!isGiven(path)) return undefined;
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new Error(`${variable} ${path} cannot be read: ${(cause as Error).message}`, { cause });
    }
  });
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** A variable that is set to nothing is one that is not set. */
export function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
