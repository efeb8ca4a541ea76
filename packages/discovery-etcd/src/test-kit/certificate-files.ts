import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificates } from "@im-sdk/test-servers";

/** A certificate that is good for localhost, for server and client alike, and its authority; all as files too. */
export async function createCertificateFiles() {
  const { ca, server } = await createCertificates();
  const { cert, key } = server;
  const folder = await mkdtemp(join(tmpdir(), "im-sdk-certificates-"));
  const files = { ca: join(folder, "ca.pem"), cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  await Promise.all([writeFile(files.ca, ca), writeFile(files.cert, cert), writeFile(files.key, key)]);
  return { ca, cert, key, files, folder };
}
