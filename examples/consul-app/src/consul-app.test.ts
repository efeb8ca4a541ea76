import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skipWithout } from "@im-sdk/test-servers";

const example = fileURLToPath(new URL("consul-app.ts", import.meta.url));
const { CONSUL_ADDRESS: _, ...env } = process.env;

test(
  "every balancer's client is served through a kill, and the server that is added is found",
  await skipWithout("consul"),
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [example], { env });
    assert.equal(stderr, "");
    const [beginning = "", afterKill = "", afterAdding = ""] = stdout.split("\n\n");
    assert.match(beginning, /^Consul at 127\.0\.0\.1:\d+ knows im-1, im-2, im-3\n/);
    const killed = /^(im-\d) is killed/.exec(afterKill)?.[1];
    for (const part of [beginning, afterKill, afterAdding])
      assert.equal(part.match(/acknowledged$/gm)?.length, 5, part);
    assert.match(afterKill, new RegExp(`${killed} → im-[1-3]`));
    assert.doesNotMatch(afterKill, new RegExp(`(${killed} {3}|knows.*${killed})`));
    assert.match(afterAdding, /^im-4 is added: .* knows .*im-4\n/);
    assert.match(afterAdding, /weighted round robin +im-4 /);
  },
);
