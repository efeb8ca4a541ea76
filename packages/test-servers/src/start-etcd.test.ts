import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createTlsFiles } from "./fixtures/create-tls-files.ts";
import { etcdValues } from "./fixtures/key-values.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";
import { send } from "./send.ts";
import { skipWithout } from "./skip-without.ts";
import { startEtcd } from "./start-etcd.ts";

const real = await skipWithout("etcd");

test("with a password etcd refuses whoever has none, also after a restart with data and without", real, async () => {
  await using etcd = await startEtcd({ rootPassword: "secret" });
  for (const keepData of [true, false, undefined]) {
    assert.notEqual((await etcdValues.put(etcd.address, "hello")).status, 200);
    assert.notEqual((await logIn(etcd.address, "wrong")).status, 200);
    const { status, text } = await logIn(etcd.address, "secret");
    assert.equal(status, 200);
    const headers = { Authorization: JSON.parse(text).token };
    assert.equal((await etcdValues.put(etcd.address, "hello", { headers })).status, 200);
    if (keepData === undefined) break;
    await etcd.kill();
    await etcd.start({ keepData });
  }
});

test("with a certificate etcd speaks TLS, and to those only who show one when asked to", real, async () => {
  await using folder = await temporaryFolder();
  const { certFile, keyFile, caFile, ca, cert, key } = await createTlsFiles(folder.path);
  await using etcd = await startEtcd({ tls: { certFile, keyFile }, rootPassword: "secret" });
  assert.equal((await logIn(etcd.address, "secret", { ca })).status, 200);

  await using strict = await startEtcd({ tls: { certFile, keyFile, clientCaFile: caFile } });
  await assert.rejects(etcdValues.put(strict.address, "hello", { tls: { ca } }));
  assert.equal((await etcdValues.put(strict.address, "hello", { tls: { ca, cert, key } })).status, 200);
});

test("an etcd that does not come up says why", real, async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "nonsense.pem");
  await writeFile(file, "nonsense");
  await assert.rejects(
    startEtcd({ tls: { certFile: file, keyFile: file } }),
    /etcd at 127\.0\.0\.1:\d+ ended before it was ready\. Its last words:\n.*PEM/s,
  );
});

function logIn(address: string, password: string, tls?: { ca: string }) {
  const body = JSON.stringify({ name: "root", password });
  return send(address, "/v3/auth/authenticate", { method: "POST", body, ...(tls && { tls }) });
}
