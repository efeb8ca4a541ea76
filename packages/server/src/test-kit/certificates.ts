import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate for 127.0.0.1, signed by itself, so that it is its own authority; undefined without `openssl`. */
export function makeCertificates(folder: string) {
  const certFile = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile];
  const made = spawnSync("openssl", ["req", "-x509", ...key, "-out", certFile, "-days", "2", ...subject]);
  if (made.error !== undefined || made.status !== 0) return undefined;
  const cert = readFileSync(certFile);
  return { certFile, keyFile, caFile: certFile, cert, ca: cert, key: readFileSync(keyFile) };
}
