import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { IMService } from "@im-sdk/gen";
import { ManualClock } from "@im-sdk/testing";
import { grpcHead, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ManualInput } from "../test-kit/manual-input.ts";
import { servePlain } from "../test-kit/serve.ts";
import { ourTransport } from "../test-kit/transports.ts";
import { settle } from "../test-kit/until.ts";
import { createCredentialsInterceptor } from "./credentials-interceptor.ts";
import { type AccessToken, TokenCache, type TokenProvider } from "./token-cache.ts";

/** A server that refuses the tokens it is told to, and a provider that counts its answers: t1, t2, … */
async function setUp(t: TestContext, give?: (count: number) => ReturnType<TokenProvider>) {
  const seen: (string | null)[] = [];
  const refused = new Set<string>();
  function check({ requestHeader }: HandlerContext) {
    const authorization = requestHeader.get("authorization");
    seen.push(authorization);
    if (refused.has(authorization ?? "")) throw new ConnectError("who are you?", Code.Unauthenticated);
  }
  const server = await servePlain({
    async getRoomInfo(_, context) {
      check(context);
      return {};
    },
    async *streamMessages(_, context) {
      check(context);
      yield {};
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const clock = new ManualClock();
  let asked = 0;
  const provider: TokenProvider = () => {
    asked++;
    return give === undefined ? `t${asked}` : give(asked);
  };
  const interceptors = [createCredentialsInterceptor({ provider, clock })];
  const client = createClient(IMService, ourTransport(t, `http://${server.address}`, { interceptors }));
  return { client, seen, refused, clock, asked: () => asked };
}

const isUnauthenticated = (error: unknown) => error instanceof ConnectError && error.code === Code.Unauthenticated;

test("unary calls and streams carry the token, which is asked for once", async (t) => {
  const { client, seen, asked } = await setUp(t);
  await client.getRoomInfo({});
  await client.getRoomInfo({});
  for await (const _ of client.streamMessages((async function* () {})()));
  assert.deepEqual(seen, ["Bearer t1", "Bearer t1", "Bearer t1"]);
  assert.equal(asked(), 1);
});

test("calls that begin together share one question", async (t) => {
  const answer = Promise.withResolvers<string>();
  const { client, seen, asked } = await setUp(t, () => answer.promise);
  const calls = Array.from({ length: 5 }, () => client.getRoomInfo({}));
  await settle();
  assert.deepEqual([asked(), seen.length], [1, 0]);
  answer.resolve("shared");
  await Promise.all(calls);
  assert.deepEqual([asked(), new Set(seen)], [1, new Set(["Bearer shared"])]);
});

test("a token that expires is renewed half a minute before, by one question for all", async (t) => {
  const give = (count: number): AccessToken => ({ token: `t${count}`, expiresAt: new Date(count * 100_000) });
  const { client, seen, clock, asked } = await setUp(t, give);
  await client.getRoomInfo({});
  await clock.advance(69_999);
  await client.getRoomInfo({});
  await clock.advance(1);
  await Promise.all([client.getRoomInfo({}), client.getRoomInfo({})]);
  assert.deepEqual(seen, ["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"]);
  assert.equal(asked(), 2);
});

test("renewBeforeMs says how long before", async () => {
  const clock = new ManualClock();
  let asked = 0;
  const provider = () => ({ token: `t${++asked}`, expiresAt: new Date(100_000) });
  const tokens = new TokenCache({ provider, clock, renewBeforeMs: 1_000 });
  await tokens.get();
  await clock.advance(98_999);
  assert.equal((await tokens.get()).token, "t1");
  await clock.advance(1);
  assert.equal((await tokens.get()).token, "t2");
});

test("UNAUTHENTICATED for a kept token is answered by a new one, once", async (t) => {
  const { client, seen, refused, asked } = await setUp(t);
  await client.getRoomInfo({});
  refused.add("Bearer t1");
  await client.getRoomInfo({});
  assert.deepEqual(seen, ["Bearer t1", "Bearer t1", "Bearer t2"]);
  refused.add("Bearer t2").add("Bearer t3");
  await assert.rejects(client.getRoomInfo({}), isUnauthenticated);
  assert.deepEqual(seen.slice(3), ["Bearer t2", "Bearer t3"]);
  assert.equal(asked(), 3);
});

test("calls that are refused together ask for the new token once", async (t) => {
  const { client, seen, refused, asked } = await setUp(t);
  await client.getRoomInfo({});
  refused.add("Bearer t1");
  await Promise.all([client.getRoomInfo({}), client.getRoomInfo({}), client.getRoomInfo({})]);
  assert.equal(asked(), 2);
  assert.equal(seen.filter((each) => each === "Bearer t2").length, 3);
});

test("a fresh token that is refused is not tried again, and is not kept", async (t) => {
  const { client, seen, refused } = await setUp(t);
  refused.add("Bearer t1");
  await assert.rejects(client.getRoomInfo({}), isUnauthenticated);
  assert.deepEqual(seen, ["Bearer t1"]);
  await client.getRoomInfo({});
  assert.deepEqual(seen, ["Bearer t1", "Bearer t2"]);
});

test("other errors leave the token alone", async (t) => {
  const { client, asked } = await setUp(t);
  for (let call = 0; call < 2; call++) {
    await assert.rejects(client.joinRoom({}), (error) => ConnectError.from(error).code === Code.Unimplemented);
  }
  assert.equal(asked(), 1);
});

test("what the provider throws fails the call before anything is sent, and it is asked again next time", async (t) => {
  const broken = new Error("the vault is closed");
  const { client, seen } = await setUp(t, (count) => {
    if (count === 1) throw broken;
    return count === 2 ? Promise.reject(broken) : "open";
  });
  for (let call = 0; call < 2; call++) {
    await assert.rejects(client.getRoomInfo({}), (error) => error instanceof ConnectError && error.cause === broken);
  }
  assert.deepEqual(seen, []);
  await client.getRoomInfo({});
  assert.deepEqual(seen, ["Bearer open"]);
});

test("a provider that gives no token makes the call UNAUTHENTICATED, and nothing is sent", async (t) => {
  for (const nothing of ["", { token: "" }, {}, undefined, null]) {
    const { client, seen } = await setUp(t, () => nothing as string);
    await assert.rejects(client.getRoomInfo({}), isUnauthenticated);
    assert.deepEqual(seen, []);
  }
});

test("a stream that is refused at its head is not tried again, but the next call brings a new token", async (t) => {
  const seen: unknown[] = [];
  await using peer = await startHttp2Peer((stream, headers) => {
    seen.push(headers.authorization);
    const status = seen.length === 2 ? "16" : "0";
    stream.respond({ ...grpcHead, "grpc-status": status }, { endStream: true });
  });
  let asked = 0;
  const interceptors = [createCredentialsInterceptor({ provider: () => `t${++asked}` })];
  const client = createClient(IMService, ourTransport(t, peer.baseUrl, { interceptors }));
  const call = () => client.streamMessages(new ManualInput())[Symbol.asyncIterator]().next();
  await call();
  await assert.rejects(call(), isUnauthenticated);
  assert.deepEqual(seen, ["Bearer t1", "Bearer t1"]);
  await call();
  assert.equal(seen[2], "Bearer t2");
});

test("clear forgets the token, and says whether asking again may help", async () => {
  let asked = 0;
  const tokens = new TokenCache({ provider: () => `t${++asked}` });
  assert.equal(tokens.clear(), false);
  await tokens.get();
  assert.equal(tokens.clear(), true);
  assert.equal(tokens.clear(), false);
  assert.equal((await tokens.get()).token, "t2");
});

test("a token that was refused and forgotten already still says that asking again may help", async () => {
  let asked = 0;
  const tokens = new TokenCache({ provider: () => `t${++asked}` });
  tokens.discard(await tokens.get());
  assert.equal(tokens.clear(), true);
});

test("close ends a question that is not answered, and none is asked any more", async () => {
  const clock = new ManualClock();
  let asked = 0;
  const provider = () => {
    asked++;
    return new Promise<never>(() => {});
  };
  const tokens = new TokenCache({ provider, clock });
  const isCanceled = (error: unknown) => error instanceof ConnectError && error.code === Code.Canceled;
  const waiting = assert.rejects(tokens.get(), isCanceled);
  tokens.close();
  await waiting;
  await assert.rejects(tokens.get(), isCanceled);
  assert.deepEqual([asked, clock.pending], [1, 0]);
});
