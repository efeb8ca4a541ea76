import assert from "node:assert/strict";
import { test } from "node:test";
import { readServiceEntries } from "./read-service-entries.ts";

const node = { Node: "n1", Address: "10.0.0.1" };
const service = { ID: "a", Service: "s", Address: "fd00::1", Port: 80, Tags: ["x"], Meta: { weight: "2" } };

test("an entry is an instance with the service's address, or else that of its node", () => {
  const whole = { id: "a", name: "s", address: "fd00::1", port: 80, tags: ["x"], metadata: { weight: "2" } };
  assert.deepEqual(readServiceEntries([{ Node: node, Service: service }]).instances, [{ ...whole, health: "healthy" }]);
  const bare = { ...service, Address: "", Tags: null, Meta: null };
  assert.deepEqual(readServiceEntries([{ Node: node, Service: bare }]).instances, [
    { ...whole, address: "10.0.0.1", tags: [], metadata: {}, health: "healthy" },
  ]);
});

test("whatever else is in the list becomes a fault, and the good entries stay", () => {
  const bad = [
    null,
    7,
    "text",
    {},
    { Service: null, Node: null },
    { Node: node, Service: { ...service, ID: "b", Port: 0 } },
  ];
  const { instances, faults } = readServiceEntries([...bad, { Node: node, Service: service }]);
  assert.deepEqual(
    instances.map(({ id }) => id),
    ["a"],
  );
  assert.equal(faults.length, bad.length);
  assert.match(faults.at(-1) ?? "", /^"b" on node "n1": port .* got 0$/);
});

test("an address that nothing can be dialled with is a fault", () => {
  for (const Address of ["http://10.0.0.1", "two words", "[::1]"]) {
    const { instances, faults } = readServiceEntries([{ Node: node, Service: { ...service, Address } }]);
    assert.deepEqual([instances.length, faults.length], [0, 1]);
    assert.ok(faults[0]?.includes(Address));
  }
});
