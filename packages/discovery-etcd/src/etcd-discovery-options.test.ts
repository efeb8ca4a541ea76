import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@im-sdk/contracts";
import { type EtcdDiscoveryOptions, resolveEtcdDiscoveryOptions } from "./etcd-discovery-options.ts";

test("without options, everything has its default", () => {
  assert.deepEqual(resolveEtcdDiscoveryOptions({}), {
    endpoints: ["localhost:2379"],
    prefix: "/services",
    auth: undefined,
    tls: false,
    leaseTtlSeconds: 15,
    clock: systemClock,
    random: Math.random,
  });
});

test("a value that makes no sense is refused with the name of its option", () => {
  const wrong: [EtcdDiscoveryOptions, RegExp][] = [
    [{ endpoints: [] }, /option endpoints must be one address or more/],
    [{ endpoints: ["localhost"] }, /option endpoints: "localhost" is no address/],
    [{ endpoints: ["http://localhost:2379"] }, /option endpoints: "http:.*" is no address/],
    [{ prefix: "/services/" }, /option prefix .* slash.* got "\/services\/"/],
    [{ prefix: "" }, /option prefix/],
    [{ leaseTtlSeconds: 2 }, /option leaseTtlSeconds must be an integer of 3 or more, got 2/],
    [{ leaseTtlSeconds: 15.5 }, /option leaseTtlSeconds .* got 15.5/],
    [{ auth: { username: "", password: "the-secret" } }, /option auth .* no username/],
    [{ auth: { username: "ann", password: "" } }, /option auth .* no password/],
    [{ tls: { cert: "cert" } }, /option tls must be cert and key, or neither, got a cert alone/],
    [{ tls: { key: "the-secret" } }, /option tls .* a key alone/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => resolveEtcdDiscoveryOptions(options),
      (error) => {
        assert.ok(error instanceof RangeError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /the-secret/);
        return true;
      },
    );
  }
});
