import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { advertisedAddress } from "./advertised-address.ts";

function info(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, internal, netmask: "", mac: "", cidr: null };
  return address.includes(":") ? { ...common, family: "IPv6", scopeid: 0 } : { ...common, family: "IPv4" };
}

const machine = {
  lo: [info("127.0.0.1", true), info("::1", true)],
  eth0: [info("fe80::1"), info("fd00::5"), info("10.0.0.5")],
};

test("a host that is an address or a name is what is advertised", () => {
  for (const host of ["10.1.2.3", "fd00::9", "im.example.com"]) assert.equal(advertisedAddress(host, machine), host);
});

test("every interface means the machine's first address that others can reach", () => {
  assert.deepEqual([advertisedAddress("0.0.0.0", machine), advertisedAddress("::", machine)], ["10.0.0.5", "10.0.0.5"]);
  assert.equal(advertisedAddress("::", { eth0: machine.eth0.slice(0, 2) }), "fd00::5");
});

test("a machine without such an address is reached by loopback", () => {
  const { lo } = machine;
  assert.deepEqual([advertisedAddress("0.0.0.0", { lo }), advertisedAddress("::", { lo })], ["127.0.0.1", "::1"]);
});
