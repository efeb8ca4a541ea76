import { generate } from "selfsigned";

export interface Certificate {
  key: string;
  cert: string;
}

export interface Certificates {
  /** Certificate of the authority that signed the others. */
  ca: string;
  server: Certificate;
  client: Certificate;
}

/** An authority of one's own, with a server certificate for this machine and a client certificate. */
export async function createCertificates(): Promise<Certificates> {
  const root = await generate([{ name: "commonName", value: "test authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const ca = { key: root.private, cert: root.cert };
  const issue = async (commonName: string): Promise<Certificate> => {
    const issued = await generate([{ name: "commonName", value: commonName }], {
      keyType: "ec",
      algorithm: "sha256",
      ca,
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
    return { key: issued.private, cert: issued.cert };
  };
  return { ca: ca.cert, server: await issue("localhost"), client: await issue("client") };
}
