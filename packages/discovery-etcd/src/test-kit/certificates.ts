import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";

/** An authority, and a certificate of it that is good for localhost, for server and client alike; the latter also as files. */
export async function createCertificates() {
  const root = await generate([{ name: "commonName", value: "test authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const { private: key, cert } = await generate([{ name: "commonName", value: "test member" }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: root.private, cert: root.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  const folder = await mkdtemp(join(tmpdir(), "im-sdk-certificates-"));
  const files = { ca: join(folder, "ca.pem"), cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  await Promise.all([writeFile(files.ca, root.cert), writeFile(files.cert, cert), writeFile(files.key, key)]);
  return { ca: root.cert, cert, key, files, folder };
}
