import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { IMService, type ListMessagesRequest } from "@im-sdk/gen";
import { incoming } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { type ListMessagesOptions, listMessages } from "./list-messages.ts";

/** A room whose log holds the sequences 1 to `length`. */
function setup(length: number) {
  const requests: ListMessagesRequest[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(IMService, {
      listMessages(request) {
        requests.push(request);
        if (request.roomId === "secret") return { status: { code: 7, message: "members only" } };
        const after = Number(request.after?.sequence ?? 0);
        const before = Number(request.before?.sequence ?? length + 1);
        const size = request.pageSize || 2;
        const all = Array.from({ length }, (_, index) => index + 1).filter((n) => n > after && n < before);
        return {
          messages: all.slice(0, size).map((n) => incoming(`m${n}`, { epoch: "e", sequence: BigInt(n) })),
          hasMore: all.length > size,
        };
      },
    });
  });
  const context = { userId: "ann", service: createClient(IMService, transport), requestTimeoutMs: 5_000 };
  return {
    requests,
    list: (options: ListMessagesOptions = {}, roomId = "r") => listMessages(context, roomId, options),
    ids: async (options: ListMessagesOptions = {}) => {
      const ids: string[] = [];
      for await (const { id } of listMessages(context, "r", options)) ids.push(id);
      return ids;
    },
  };
}

const at = (sequence: bigint) => ({ epoch: "e", sequence });

test("a history comes in order over all its pages, each after the last of the one before", async () => {
  const { ids, requests } = setup(5);
  assert.deepEqual(await ids(), ["m1", "m2", "m3", "m4", "m5"]);
  assert.deepEqual(
    requests.map(({ roomId, userId, after }) => [roomId, userId, after?.epoch, after?.sequence]),
    [
      ["r", "ann", undefined, undefined],
      ["r", "ann", "e", 2n],
      ["r", "ann", "e", 4n],
    ],
  );
});

test("the bounds and the size of a page are the caller's, on every page", async () => {
  const { ids, requests } = setup(9);
  assert.deepEqual(await ids({ after: at(2n), before: at(8n), pageSize: 3 }), ["m3", "m4", "m5", "m6", "m7"]);
  assert.deepEqual(
    requests.map(({ after, before, pageSize }) => [after?.sequence, before?.sequence, pageSize]),
    [
      [2n, 8n, 3],
      [5n, 8n, 3],
    ],
  );
});

test("a page is fetched only when the loop comes to it", async () => {
  const { list, requests } = setup(9);
  for await (const { id } of list()) if (id === "m2") break;
  assert.equal(requests.length, 1);
});

test("an empty history ends at once", async () => {
  const { ids, requests } = setup(0);
  assert.deepEqual([await ids(), requests.length], [[], 1]);
});

test("a refusal in the body, a bad room and an abort are errors", async () => {
  const { list } = setup(1);
  await assert.rejects(
    list({}, "secret").next(),
    hasCode("permission_denied", "the history of secret", "members only"),
  );
  await assert.rejects(list({}, "").next(), hasCode("invalid_argument", "roomId"));
  for (const pageSize of [-1, 1.5]) {
    await assert.rejects(list({ pageSize }).next(), hasCode("invalid_argument", "pageSize"));
  }
  await assert.rejects(list({ timeoutMs: 0 }).next(), hasCode("invalid_argument", "timeoutMs"));
  const signal = AbortSignal.abort();
  await assert.rejects(list({ signal }).next(), hasCode("canceled"));
});

test("a server that gives the same page again and again is an error, not a loop without end", async () => {
  const transport = createRouterTransport(({ service }) => {
    service(IMService, {
      listMessages: () => ({ messages: [incoming("m", { epoch: "of another log", sequence: 1n })], hasMore: true }),
    });
  });
  const context = { userId: "ann", service: createClient(IMService, transport), requestTimeoutMs: 5_000 };
  const history = listMessages(context, "r", {});
  assert.equal((await history.next()).value?.id, "m");
  await assert.rejects(history.next(), hasCode("data_loss", "r", "again"));
});
