import assert from "node:assert/strict";
import { test } from "node:test";
import type { Interceptor } from "@connectrpc/connect";
import type { MessageRequest } from "@im-sdk/gen";
import { IMService, MessageRequestSchema, MessageResponseSchema } from "@im-sdk/gen";
import { answer, encoded, onMessages, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ManualInput } from "../test-kit/manual-input.ts";
import { ourTransport, readReady, request, talk } from "../test-kit/transports.ts";
import { until } from "../test-kit/until.ts";
import { interceptTransport } from "./intercepted-transport.ts";
import { readyTaker, withReady } from "./ready-messages.ts";

const { streamMessages } = IMService.method;
const message = (messageId: string) => encoded(MessageResponseSchema, { messageId });

/** Input of which these are ready at once. */
function readyInput(...ids: string[]) {
  const waiting = ids.map((id) => request(id));
  const below = new ManualInput<MessageRequest>();
  return { below, input: withReady(below, () => waiting.shift()) };
}

async function listeningPeer() {
  const received: string[] = [];
  const peer = await startHttp2Peer((stream) => {
    onMessages(stream, MessageRequestSchema, ({ messageId }) => received.push(messageId));
    answer(stream, Buffer.concat([message("a"), message("b"), message("c")]), { "grpc-status": "0" });
  });
  return { peer, received };
}

test("what is ready passes the layers of a call in both directions, one after the other", async (t) => {
  const { peer, received } = await listeningPeer();
  await using _ = peer;
  const idle: Interceptor = (next) => next;
  const transport = interceptTransport(ourTransport(t, peer.baseUrl), [idle]);
  const { below, input } = readyInput("1", "2", "3");
  const response = await talk(transport, input);
  const iterator = response.message[Symbol.asyncIterator]();
  const take = readyTaker(response.message);
  assert.equal((await iterator.next()).value?.messageId, "a");
  assert.deepEqual([take()?.messageId, take()?.messageId, take()], ["b", "c", undefined]);
  assert.equal((await iterator.next()).done, true);
  await until(() => received.length === 3);
  assert.deepEqual(received, ["1", "2", "3"]);
  assert.ok(below.pulls <= 1, "only the end of what is ready is waited for");
});

test("an interceptor that changes the messages sees every one of them, and the layers beyond still do", async (t) => {
  const { peer, received } = await listeningPeer();
  await using _ = peer;
  const rename: Interceptor = (next) => async (call) => {
    if (!call.stream) return next(call);
    async function* renamed() {
      for await (const each of call.message as AsyncIterable<MessageRequest>) {
        yield { ...each, messageId: `${each.messageId}!` };
      }
    }
    return next({ ...call, message: renamed() });
  };
  const { below, input } = readyInput();
  const transport = interceptTransport(ourTransport(t, peer.baseUrl), [rename]);
  below.push(request("1"), request("2"));
  below.end();
  const { ids, error } = await readReady(talk(transport, input));
  assert.deepEqual([ids, error], [["a", "b", "c"], undefined]);
  await until(() => received.length === 2);
  assert.deepEqual(received, ["1!", "2!"]);
});

test("what has arrived of a call that is over is not given any more", async (t) => {
  const peer = await startHttp2Peer((stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc+proto" });
    stream.write(Buffer.concat([message("a"), message("b")]));
  });
  await using _ = peer;
  const caller = new AbortController();
  const response = await talk(ourTransport(t, peer.baseUrl), new ManualInput(), { signal: caller.signal });
  const iterator = response.message[Symbol.asyncIterator]();
  await iterator.next();
  caller.abort(new Error("enough"));
  assert.equal(readyTaker(response.message)(), undefined);
  await assert.rejects(iterator.next(), /enough/);
});

test("a message that is given as its fields is made a whole one on the way", async (t) => {
  const { peer, received } = await listeningPeer();
  await using _ = peer;
  const fields = [{ messageId: "1" }];
  const below = new ManualInput<{ messageId: string }>();
  const input = withReady(below, () => fields.shift());
  const response = ourTransport(t, peer.baseUrl).stream(streamMessages, undefined, 0, undefined, input);
  await readReady(response);
  await until(() => received.length === 1);
  assert.deepEqual(received, ["1"]);
});
