import assert from "node:assert/strict";
import { test } from "node:test";
import { requireInstance } from "./require-instance.ts";

const good = { id: "a", name: "s", address: "::1", port: 1, tags: [], metadata: {}, health: "unknown" } as const;

test("an instance that can be connected to comes back as it is", () => {
  for (const address of ["::1", "fd00::5", "10.0.0.5", "im.example.com", "im_server-1", "主机"]) {
    const instance = { ...good, address };
    assert.equal(requireInstance(instance), instance);
  }
});

test("any other is refused by the field that is wrong, its value and what is allowed", () => {
  const bad: [object, string][] = [
    [{ id: "" }, 'id of an instance must be a non-empty string, got ""'],
    [{ id: 7 }, "id of an instance must be a non-empty string, got 7"],
    ...["", "[::1]", "127.0.0.1:80", "http://x", "a b", "a/b", "user@host", "::1::2"].map(
      (address): [object, string] => [
        { address },
        `address of an instance must be a host name or IP address, IPv6 without brackets, and nothing else, got "${address}"`,
      ],
    ),
    [{ port: 0 }, "port of an instance must be an integer from 1 to 65535, got 0"],
    [{ port: "80" }, 'port of an instance must be an integer from 1 to 65535, got "80"'],
    [{ port: 65_536 }, "port of an instance must be an integer from 1 to 65535, got 65536"],
  ];
  for (const [fields, message] of bad) {
    assert.throws(() => requireInstance({ ...good, ...fields } as never), { name: "RangeError", message });
  }
});
