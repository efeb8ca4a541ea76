import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createTlsFiles } from "./fixtures/create-tls-files.ts";
import { consulValues } from "./fixtures/key-values.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";
import { send } from "./send.ts";
import { skipWithout } from "./skip-without.ts";
import { startConsul } from "./start-consul.ts";

const real = await skipWithout("consul");

test("a service that is registered with the agent comes into the catalog", real, async () => {
  await using consul = await startConsul();
  const body = JSON.stringify({ Name: "chat", Port: 8083 });
  const { status } = await send(consul.address, "/v1/agent/service/register", { method: "PUT", body });
  assert.equal(status, 200);
  const path = "/v1/catalog/service/chat";
  let services: { ServicePort: number }[] = [];
  for (let index = 1; services.length === 0; index++) {
    services = JSON.parse((await send(consul.address, `${path}?index=${index}&wait=1s`)).text);
  }
  assert.deepEqual(
    services.map(({ ServicePort }) => ServicePort),
    [8083],
  );
});

test("with a token Consul refuses whoever has none, also after a restart with data and without", real, async () => {
  const aclToken = randomUUID();
  const headers = { "X-Consul-Token": aclToken };
  await using consul = await startConsul({ aclToken });
  for (const keepData of [true, false, undefined]) {
    assert.equal((await consulValues.put(consul.address, "secret")).status, 403);
    assert.equal((await consulValues.put(consul.address, "secret", { headers })).status, 200);
    if (keepData === undefined) break;
    await consul.kill();
    await consul.start({ keepData });
  }
});

test("with a certificate Consul speaks TLS, and to those only who show one when asked to", real, async () => {
  await using folder = await temporaryFolder();
  const { certFile, keyFile, caFile, ca, cert, key } = await createTlsFiles(folder.path);
  await using consul = await startConsul({ tls: { certFile, keyFile } });
  assert.equal((await consulValues.put(consul.address, "hello", { tls: { ca } })).status, 200);

  await using strict = await startConsul({ tls: { certFile, keyFile, clientCaFile: caFile } });
  await assert.rejects(consulValues.put(strict.address, "hello", { tls: { ca } }));
  assert.equal((await consulValues.put(strict.address, "hello", { tls: { ca, cert, key } })).status, 200);
});

test("a Consul that does not come up says why", real, async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "nonsense.pem");
  await writeFile(file, "nonsense");
  await assert.rejects(
    startConsul({ tls: { certFile: file, keyFile: file } }),
    /consul at 127\.0\.0\.1:\d+ ended before it was ready\. Its last words:\n.*PEM/s,
  );
});
