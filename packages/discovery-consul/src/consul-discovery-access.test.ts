import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { createCertificates, skipWithout, startConsul } from "@im-sdk/test-servers";
import { createInstance } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { ConsulApi } from "./test-kit/consul-api.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { seldomChecked } from "./test-kit/seldom-checked.ts";
import { until } from "./test-kit/until.ts";
import { WatchRecorder } from "./test-kit/watch-recorder.ts";

const real = await skipWithout("consul");

test("access control: a wrong token is refused for good, and never shown", real, async () => {
  const master = randomUUID();
  await using consul = await startConsul({ aclToken: master });
  const { address } = consul;
  await using good = new ConsulDiscovery({ address, token: master, check: seldomChecked });
  await good.register(createInstance("a"));
  assert.equal((await good.discover("im-service")).length, 1);

  const token = randomUUID();
  await using wrong = new ConsulDiscovery({ address, token });
  const refused = (error: unknown) => {
    assert.ok(!inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }).includes(token));
    return hasCode("permission_denied", `Consul at ${address}`, "403", "`token`")(error);
  };
  await assert.rejects(wrong.discover("im-service"), refused);
  const watch = new WatchRecorder(wrong, "im-service");
  await assert.rejects(watch.ended, refused);
  assert.deepEqual(watch.errors, []);
  await assert.rejects(wrong.register(createInstance("b")), refused);
  await assert.rejects(wrong.deregister("a"), refused);

  await using none = new ConsulDiscovery({ address });
  await assert.rejects(none.register(createInstance("b")), hasCode("permission_denied", "`token`", "service:write"));
  // An id that the agent does not have is answered with 500 where access control is on.
  await good.deregister("unheard-of");
});

test("access control: a token that is taken away later is told, and taken again when it is back", real, async () => {
  const master = randomUUID();
  await using consul = await startConsul({ aclToken: master });
  const { address } = consul;
  const api = new ConsulApi(address, master);
  const token = { AccessorID: randomUUID(), SecretID: randomUUID(), Policies: [{ Name: "global-management" }] };
  await api.put("/acl/token", token);
  await using discovery = new ConsulDiscovery({
    address,
    token: token.SecretID,
    waitMs: 1_000,
    check: { kind: "ttl", ttlMs: 1_500 },
  });
  const errors: Error[] = [];
  await discovery.register(createInstance("a"), { onError: (error) => errors.push(error) });
  const watch = new WatchRecorder(discovery, "im-service");
  await watch.until(({ lastIds }) => lastIds === "a");
  await api.delete(`/acl/token/${token.AccessorID}`);
  await watch.until((watch) => watch.errors.length >= 2);
  await until(() => errors.length >= 2);
  for (const error of [...watch.errors, ...errors]) hasCode("permission_denied", "`token`")(error);
  const { length } = watch.snapshots;
  await api.put("/acl/token", token);
  await watch.until(({ snapshots, lastIds }) => snapshots.length > length && lastIds === "a");
});

test("TLS with an authority of one's own, and a certificate where Consul asks for one", real, async () => {
  const { ca, server, client } = await createCertificates();
  const folder = await mkdtemp(join(tmpdir(), "consul-tls-"));
  const [caFile, certFile, keyFile] = [join(folder, "ca"), join(folder, "cert"), join(folder, "key")];
  await writeFile(caFile, ca);
  await writeFile(certFile, server.cert);
  await writeFile(keyFile, server.key);
  try {
    await using consul = await startConsul({ tls: { certFile, keyFile, clientCaFile: caFile } });
    const { address } = consul;
    await using discovery = new ConsulDiscovery({ address, tls: { ca, ...client }, check: seldomChecked });
    await discovery.register(createInstance("a"));
    const watch = new WatchRecorder(discovery, "im-service");
    await watch.until(({ lastIds }) => lastIds === "a");

    await using anonymous = new ConsulDiscovery({ address, tls: { ca } });
    await assert.rejects(anonymous.discover("im-service"), hasCode("unavailable", address, "`tls`"));
    await using distrustful = new ConsulDiscovery({ address, tls: true });
    await assert.rejects(distrustful.discover("im-service"), hasCode("unavailable", address, "`tls`", "VERIFY"));
    await using plain = new ConsulDiscovery({ address });
    await assert.rejects(plain.discover("im-service"), hasCode("invalid_argument", address, "HTTPS"));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a namespace that Consul does not have is refused in its own words", real, async () => {
  await using consul = await startConsul();
  await using discovery = new ConsulDiscovery({ address: consul.address, namespace: "team" });
  const refused = hasCode("invalid_argument", "X-Consul-Namespace");
  await assert.rejects(discovery.discover("im-service"), refused);
  await assert.rejects(discovery.register(createInstance("a")), refused);
});
