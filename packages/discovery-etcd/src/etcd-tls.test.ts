import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { type RunningServer, skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance } from "@im-sdk/testing";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import type { EtcdTlsOptions } from "./etcd-discovery-options.ts";
import { createCertificateFiles } from "./test-kit/certificate-files.ts";
import { Recorder } from "./test-kit/recorder.ts";

describe("an etcd that speaks TLS and asks for a certificate", await skipWithout("etcd"), () => {
  let etcd: RunningServer;
  let certificates: Awaited<ReturnType<typeof createCertificateFiles>>;
  before(async () => {
    certificates = await createCertificateFiles();
    const { ca: clientCaFile, cert: certFile, key: keyFile } = certificates.files;
    etcd = await startEtcd({ tls: { certFile, keyFile, clientCaFile }, rootPassword: "secret" });
  });
  after(async () => {
    await etcd.stop();
    await rm(certificates.folder, { recursive: true });
  });
  const open = (tls: boolean | EtcdTlsOptions) =>
    new EtcdDiscovery({
      endpoints: [etcd.address.replace("127.0.0.1", "localhost")],
      tls,
      auth: { username: "root", password: "secret" },
    });

  test("is spoken to with a private authority, a client certificate and a password", async () => {
    const { ca, cert, key } = certificates;
    await using discovery = open({ ca, cert: Buffer.from(cert), key });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("im-service", recorder));
    await discovery.register(createInstance("a"));
    await recorder.until(({ ids }) => ids === "a");
    assert.deepEqual(recorder.codes, []);
  });

  test("is away for whoever does not trust it, shows no certificate, or speaks plainly", async () => {
    const { ca, cert, key } = certificates;
    for (const tls of [{ cert, key }, { ca }, true, false]) {
      await using discovery = open(tls);
      await assert.rejects(discovery.discover("im-service"), { code: "unavailable", message: /option.* `tls`$/ });
    }
  });
});
