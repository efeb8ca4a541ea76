import assert from "node:assert/strict";
import { constants, type ServerHttp2Stream } from "node:http2";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { IMService, MessageRequestSchema, MessageResponseSchema } from "@im-sdk/gen";
import { startFaultProxy } from "@im-sdk/testing";
import { answer, encoded, envelope, grpcHead, onMessages, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ManualInput } from "../test-kit/manual-input.ts";
import {
  observed,
  ourTransport,
  readAll,
  readReady,
  request,
  requests,
  talk,
  theirTransport,
} from "../test-kit/transports.ts";
import { settle, until } from "../test-kit/until.ts";

const message = encoded(MessageResponseSchema, { messageId: "m" });
const ok = { "grpc-status": "0" };

function codeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  assert.ok(error instanceof ConnectError, String(error));
  return Code[error.code];
}

/** Ends the stream with a reset once the client has what was written. */
function resetAfter(stream: ServerHttp2Stream, body: Buffer, rstCode: number): void {
  stream.respond(grpcHead);
  onMessages(stream, MessageRequestSchema, () => stream.close(rstCode));
  stream.write(body);
}

interface HostileAnswer {
  does: string;
  answer(stream: ServerHttp2Stream): void;
  ids?: string[];
  code: string | undefined;
  /** What connect-node makes of it, where that is not the same. */
  theirs?: string;
}

const answers: HostileAnswer[] = [
  {
    does: "trailers only, with an error",
    answer: (stream) =>
      stream.respond({ ...grpcHead, "grpc-status": "7", "grpc-message": "no%20way" }, { endStream: true }),
    code: "PermissionDenied",
  },
  {
    does: "trailers only, with success",
    answer: (stream) => stream.respond({ ...grpcHead, ...ok }, { endStream: true }),
    code: undefined,
  },
  {
    does: "error trailers after messages",
    answer: (stream) => answer(stream, Buffer.concat([message, message]), { "grpc-status": "9" }),
    ids: ["m", "m"],
    code: "FailedPrecondition",
  },
  { does: "no trailers", answer: (stream) => answer(stream, message), ids: ["m"], code: "Internal" },
  {
    does: "trailers without a status",
    answer: (stream) => answer(stream, message, { "x-other": "1" }),
    ids: ["m"],
    code: "Internal",
  },
  {
    does: "a web page",
    answer(stream) {
      stream.respond({ ":status": 200, "content-type": "text/html" });
      stream.end("<html>");
    },
    code: "Unknown",
  },
  {
    does: "HTTP 503",
    answer(stream) {
      stream.respond({ ":status": 503 });
      stream.end("busy");
    },
    code: "Unavailable",
  },
  {
    does: "a message cut short, then success",
    answer: (stream) => answer(stream, Buffer.concat([message, message.subarray(0, 6)]), ok),
    ids: ["m"],
    code: "Internal",
    theirs: "InvalidArgument",
  },
  {
    does: "a prefix cut short, then success",
    answer: (stream) => answer(stream, Buffer.concat([message, message.subarray(0, 3)]), ok),
    ids: ["m"],
    code: "Internal",
    theirs: "InvalidArgument",
  },
  {
    does: "a length of four gigabytes",
    answer: (stream) => answer(stream, Buffer.from([0, 255, 255, 255, 255, 1]), ok),
    code: "ResourceExhausted",
  },
  {
    does: "a message beyond the limit",
    answer: (stream) => answer(stream, envelope(Buffer.alloc(4 * 1024 * 1024 + 1)), ok),
    code: "ResourceExhausted",
  },
  {
    does: "bytes that are no message",
    answer: (stream) => answer(stream, Buffer.concat([message, envelope(Buffer.from([255, 255]))]), ok),
    ids: ["m"],
    code: "Internal",
  },
  {
    does: "a compressed message without saying how",
    answer: (stream) => answer(stream, Buffer.concat([message, envelope(Buffer.from([1, 2]), 1)]), ok),
    ids: ["m"],
    code: "Internal",
  },
  {
    does: "an encoding that nobody asked for",
    answer(stream) {
      stream.respond({ ...grpcHead, "grpc-encoding": "zstd" });
      stream.end(message);
    },
    code: "Internal",
  },
];

for (const { does, answer: reply, ids = [], code, theirs = code } of answers) {
  test(`an answer of ${does} ends the call with ${code ?? "success"}`, async (t) => {
    await using peer = await startHttp2Peer(reply);
    const ours = await readAll(talk(ourTransport(t, peer.baseUrl), new ManualInput()));
    const fast = await readReady(talk(ourTransport(t, peer.baseUrl), new ManualInput()));
    assert.deepEqual([fast.ids, codeOf(fast.error)], [ours.ids, codeOf(ours.error)]);
    assert.deepEqual([ours.ids, codeOf(ours.error)], [ids, code]);
    const reference = await readAll(talk(theirTransport(t, peer.baseUrl), new ManualInput()));
    assert.deepEqual([reference.ids, codeOf(reference.error)], [ids, theirs]);
  });
}

const resets: [number, string][] = [
  [constants.NGHTTP2_PROTOCOL_ERROR, "Internal"],
  [constants.NGHTTP2_INTERNAL_ERROR, "Internal"],
  [constants.NGHTTP2_REFUSED_STREAM, "Unavailable"],
  [constants.NGHTTP2_CANCEL, "Canceled"],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, "ResourceExhausted"],
  [constants.NGHTTP2_INADEQUATE_SECURITY, "PermissionDenied"],
];

for (const [rstCode, code] of resets) {
  test(`a reset with HTTP/2 code ${rstCode} is ${code}, before the head as after a message`, async (t) => {
    await using early = await startHttp2Peer((stream) => stream.close(rstCode));
    const first = await readAll(talk(ourTransport(t, early.baseUrl), new ManualInput()));
    assert.deepEqual([first.ids, codeOf(first.error)], [[], code]);

    await using late = await startHttp2Peer((stream) => resetAfter(stream, message, rstCode));
    const input = new ManualInput();
    const { message: messages } = await talk(ourTransport(t, late.baseUrl), input);
    const iterator = messages[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).value?.messageId, "m");
    input.push(request("now"));
    await assert.rejects(iterator.next(), (error) => codeOf(error) === code);
  });
}

test("the text of an error status arrives decoded, with trailers and headers as metadata", async (t) => {
  await using peer = await startHttp2Peer((stream) => {
    stream.respond({ ...grpcHead, "x-head": "1", "set-cookie": ["a=1", "b=2"] }, { waitForTrailers: true });
    stream.on("wantTrailers", () =>
      stream.sendTrailers({ "grpc-status": "5", "grpc-message": "kein%20Raum", "x-trail": ["2", "3"] }),
    );
    stream.end();
  });
  const { error } = await readAll(talk(ourTransport(t, peer.baseUrl), new ManualInput()));
  assert.ok(error instanceof ConnectError);
  assert.equal(error.rawMessage, "kein Raum");
  assert.deepEqual([error.metadata.get("x-head"), error.metadata.get("x-trail")], ["1", "2, 3"]);
  assert.deepEqual(error.metadata.getSetCookie(), ["a=1", "b=2"]);
});

test("nobody listens: UNAVAILABLE, as connect-node says", async (t) => {
  const peer = await startHttp2Peer(() => {});
  await peer[Symbol.asyncDispose]();
  for (const transport of [ourTransport(t, peer.baseUrl), theirTransport(t, peer.baseUrl)]) {
    const { error } = await readAll(talk(transport, new ManualInput()));
    assert.equal(codeOf(error), "Unavailable");
  }
});

const ways: [string, (peer: Awaited<ReturnType<typeof startHttp2Peer>>, cut: () => void) => void][] = [
  ["reset", (_, cut) => cut()],
  ["closed by the server", (peer) => peer.sessions[0]?.destroy()],
  ["ended by GOAWAY with an error", (peer) => peer.sessions[0]?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)],
];

for (const [way, lose] of ways) {
  test(`a connection that is ${way} is UNAVAILABLE, before the head as in the middle of the messages`, async (t) => {
    const early = await startHttp2Peer(() => {});
    t.after(() => early[Symbol.asyncDispose]());
    await using earlyProxy = await startFaultProxy(early.address);
    const call = readAll(talk(ourTransport(t, `http://${earlyProxy.address}`), new ManualInput()));
    await until(() => early.streams.length === 1);
    lose(early, () => earlyProxy.cut());
    const { ids, error } = await call;
    assert.deepEqual([ids, codeOf(error)], [[], "Unavailable"]);

    const late = await startHttp2Peer((stream) => {
      stream.respond(grpcHead);
      stream.write(Buffer.concat([message, message, message]));
    });
    t.after(() => late[Symbol.asyncDispose]());
    await using lateProxy = await startFaultProxy(late.address);
    const response = await talk(ourTransport(t, `http://${lateProxy.address}`), new ManualInput());
    const iterator = response.message[Symbol.asyncIterator]();
    await iterator.next();
    lose(late, () => lateProxy.cut());
    await until(() => lateProxy.connections === 0);
    await settle();
    // What has arrived comes first.
    assert.equal((await iterator.next()).value?.messageId, "m");
    assert.equal((await iterator.next()).value?.messageId, "m");
    await assert.rejects(iterator.next(), (reason) => codeOf(reason) === "Unavailable");
  });
}

test("a connection that is ended on this side is UNAVAILABLE as well", async (t) => {
  await using peer = await startHttp2Peer((stream) => stream.respond(grpcHead));
  const { contextValues, stream } = observed();
  const response = await talk(ourTransport(t, peer.baseUrl), new ManualInput(), { contextValues });
  stream().session?.destroy();
  assert.equal(codeOf((await readAll(Promise.resolve(response))).error), "Unavailable");
});

async function cancellable(t: TestContext, onStream: (stream: ServerHttp2Stream) => void) {
  const peer = await startHttp2Peer(onStream);
  t.after(() => peer[Symbol.asyncDispose]());
  const input = new ManualInput();
  const caller = new AbortController();
  const call = talk(ourTransport(t, peer.baseUrl), input, { signal: caller.signal });
  call.catch(() => {});
  await until(() => peer.streams.length === 1);
  const [stream] = peer.streams;
  assert.ok(stream !== undefined);
  return { input, caller, call, stream };
}

test("a call that is cancelled before the head ends with RST_STREAM CANCEL, and its input is closed", async (t) => {
  const { input, caller, call, stream } = await cancellable(t, () => {});
  caller.abort(new Error("enough"));
  await assert.rejects(
    call,
    (error) => codeOf(error) === "Canceled" && (error as ConnectError).rawMessage === "enough",
  );
  await until(() => stream.closed);
  assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
  assert.ok(input.returns > 0);
});

test("a call that is cancelled between messages ends the same way, and the loop rejects", async (t) => {
  let hasEnded = false;
  const { input, caller, call, stream } = await cancellable(t, (each) => {
    each.respond(grpcHead);
    each.write(message);
    each.resume().on("end", () => {
      hasEnded = !each.aborted;
    });
  });
  const iterator = (await call).message[Symbol.asyncIterator]();
  await iterator.next();
  const waiting = iterator.next();
  caller.abort();
  await assert.rejects(waiting, (error) => codeOf(error) === "Canceled");
  await until(() => stream.closed);
  assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
  // Half a request must not look like a whole one.
  assert.equal(hasEnded, false);
  assert.ok(input.returns > 0);
});

test("an abort whose reason is a ConnectError keeps its code", async (t) => {
  const { caller, call } = await cancellable(t, () => {});
  caller.abort(new ConnectError("gone", Code.Unavailable));
  await assert.rejects(call, (error) => codeOf(error) === "Unavailable");
});

test("a call whose signal has aborted already fails at once and opens no stream", async (t) => {
  await using peer = await startHttp2Peer(() => {});
  const input = new ManualInput();
  const { error } = await readAll(talk(ourTransport(t, peer.baseUrl), input, { signal: AbortSignal.abort() }));
  assert.equal(codeOf(error), "Canceled");
  await settle();
  assert.deepEqual([peer.streams.length, input.pulls], [0, 0]);
});

test("a call that is cancelled while the connection is being made fails at once, and leaves no stream open", async (t) => {
  await using peer = await startHttp2Peer((stream, headers) => {
    if (headers["x-second"] !== undefined) answer(stream, message, ok);
  });
  await using proxy = await startFaultProxy(peer.address);
  const transport = ourTransport(t, `http://${proxy.address}`);
  const caller = new AbortController();
  const call = readAll(talk(transport, new ManualInput(), { signal: caller.signal }));
  // A dial takes more turns of the loop than this one.
  caller.abort();
  assert.equal(codeOf((await call).error), "Canceled");
  const second = await readAll(talk(transport, new ManualInput(), { header: { "x-second": "1" } }));
  assert.deepEqual([second.ids, second.error], [["m"], undefined]);
  await until(() => peer.streams.every((stream) => stream.closed));
});

test("an abort is told at once on a connection that lets nothing through any more", async (t) => {
  await using peer = await startHttp2Peer(() => {});
  await using proxy = await startFaultProxy(peer.address, { maxHeldBytes: 1 });
  const caller = new AbortController();
  const { contextValues, stream } = observed();
  const transport = ourTransport(t, `http://${proxy.address}`);
  const call = talk(transport, requests(10_000, 10_000), { signal: caller.signal, contextValues });
  call.catch(() => {});
  await until(() => peer.streams.length === 1);
  proxy.stall();
  await until(() => stream().writableNeedDrain);
  caller.abort();
  await assert.rejects(call, (error) => codeOf(error) === "Canceled");
});

test("the input of a factory is closed too, although a message of it is being waited for", async (t) => {
  await using peer = await startHttp2Peer((stream) => stream.respond(grpcHead));
  const made: ManualInput[] = [];
  const factory = {
    [Symbol.asyncIterator]() {
      const input = new ManualInput();
      made.push(input);
      return input;
    },
  };
  const caller = new AbortController();
  await talk(ourTransport(t, peer.baseUrl), factory, { signal: caller.signal });
  const [pulled] = made;
  assert.deepEqual([pulled?.pulls, pulled?.returns], [1, 0]);
  caller.abort();
  await until(() => pulled?.returns === 1);
});

test("the deadline goes out in grpc-timeout and ends a call that nobody answers", async (t) => {
  const told: (string | undefined)[] = [];
  await using peer = await startHttp2Peer((_, headers) => told.push(String(headers["grpc-timeout"])));
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const reading = readAll(talk(ourTransport(t, peer.baseUrl), new ManualInput(), { timeoutMs: 40.5 }));
  await until(() => told.length === 1);
  t.mock.timers.tick(41);
  const { error } = await reading;
  assert.equal(codeOf(error), "DeadlineExceeded");
  assert.deepEqual(told, ["41m"]);
  const [stream] = peer.streams;
  await until(() => stream?.closed === true);
  assert.equal(stream?.rstCode, constants.NGHTTP2_CANCEL);
});

test("the deadline ends a conversation that has begun", async (t) => {
  await using peer = await startHttp2Peer((stream) => {
    stream.respond(grpcHead);
    stream.write(message);
  });
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { message: messages } = await talk(ourTransport(t, peer.baseUrl), new ManualInput(), { timeoutMs: 150 });
  const iterator = messages[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value?.messageId, "m");
  t.mock.timers.tick(150);
  await assert.rejects(iterator.next(), (error) => codeOf(error) === "DeadlineExceeded");
});

test("no deadline, an endless one and one beyond the reach of timers do not end a call", async (t) => {
  const told: unknown[] = [];
  await using peer = await startHttp2Peer((stream, headers) => {
    told.push(headers["grpc-timeout"]);
    stream.respond(grpcHead);
    onMessages(stream, MessageRequestSchema, () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  });
  const transport = ourTransport(t, peer.baseUrl);
  for (const timeoutMs of [0, Number.POSITIVE_INFINITY, 2 ** 40]) {
    const input = new ManualInput();
    const response = await talk(transport, input, { timeoutMs });
    await settle();
    input.push(request("end it"));
    assert.equal(codeOf((await readAll(Promise.resolve(response))).error), "Unavailable");
  }
  assert.deepEqual(told, [undefined, undefined, "2147484S"]);
});

test("defaultTimeoutMs is for calls that bring no deadline of their own", async (t) => {
  const told: unknown[] = [];
  await using peer = await startHttp2Peer((stream, headers) => {
    told.push(headers["grpc-timeout"]);
    answer(stream, message, ok);
  });
  const transport = ourTransport(t, peer.baseUrl, { defaultTimeoutMs: 60_000 });
  const method = IMService.method.streamMessages;
  for (const timeoutMs of [undefined, 70_000, 0]) {
    await readAll(transport.stream(method, undefined, timeoutMs, undefined, new ManualInput<never>()));
  }
  assert.deepEqual(told, ["60000m", "70000m", undefined]);
});

test("an input that throws fails the call with its own error, before the head and after it, and resets the stream", async (t) => {
  await using mute = await startHttp2Peer(() => {});
  const broken = new Error("the input broke");
  const early = new ManualInput();
  early.fail(broken);
  const { error } = await readAll(talk(ourTransport(t, mute.baseUrl), early));
  assert.ok(error instanceof ConnectError);
  assert.deepEqual([error.cause, Code[error.code]], [broken, "Unknown"]);
  await until(() => mute.streams[0]?.closed === true);
  assert.equal(mute.streams[0]?.rstCode, constants.NGHTTP2_CANCEL);

  await using peer = await startHttp2Peer((stream) => stream.respond(grpcHead));
  const late = new ManualInput();
  const response = await talk(ourTransport(t, peer.baseUrl), late);
  late.fail(broken);
  const after = await readAll(Promise.resolve(response));
  assert.ok(after.error instanceof ConnectError);
  assert.equal(after.error.cause, broken);
  await until(() => peer.streams[0]?.closed === true);
  assert.equal(peer.streams[0]?.rstCode, constants.NGHTTP2_CANCEL);
});

test("a message larger than writeMaxBytes fails the call, and its input is closed", async (t) => {
  await using peer = await startHttp2Peer(() => {});
  const input = new ManualInput();
  input.push(request("small"), request("large", new Uint8Array(101)));
  const { error } = await readAll(talk(ourTransport(t, peer.baseUrl, { writeMaxBytes: 100 }), input));
  assert.equal(codeOf(error), "ResourceExhausted");
  await until(() => input.returns > 0);
});

test("an input without throw() and return() serves as well as any, and is left where it stands", async (t) => {
  await using peer = await startHttp2Peer((stream) => {
    stream.respond(grpcHead);
    onMessages(stream, MessageRequestSchema, () => stream.write(message));
  });
  let pulls = 0;
  const bare: AsyncIterable<ReturnType<typeof request>> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        pulls++;
        return pulls === 1 ? Promise.resolve({ done: false, value: request("a") }) : new Promise(() => {});
      },
    }),
  };
  const caller = new AbortController();
  const response = await talk(ourTransport(t, peer.baseUrl), bare, { signal: caller.signal });
  const iterator = response.message[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value?.messageId, "m");
  caller.abort();
  await assert.rejects(iterator.next(), (error) => codeOf(error) === "Canceled");
  await until(() => peer.streams[0]?.closed === true);
  assert.equal(pulls, 2);
});

test("an observer that throws when the stream opens fails the call, and nothing is left unhandled", async (t) => {
  await using peer = await startHttp2Peer(() => {});
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  const { contextValues } = observed({
    onOpen() {
      throw new Error("observer");
    },
  });
  const { error } = await readAll(talk(ourTransport(t, peer.baseUrl), new ManualInput(), { contextValues }));
  assert.equal((error as ConnectError).rawMessage, "observer");
  await until(() => peer.streams[0]?.closed === true);
  await settle();
  assert.equal(unhandled.mock.callCount(), 0);
});

test("a server that answers a client stream early ends it in peace: the answer counts, the input is closed", async (t) => {
  await using peer = await startHttp2Peer((stream) => {
    // Node resets a request that nobody reads by itself.
    stream.resume();
    answer(stream, encoded(IMService.method.uploadAudio.output, { audioId: "a1" }), ok);
  });
  const input = new ManualInput<never>();
  const method = IMService.method.uploadAudio;
  const response = await ourTransport(t, peer.baseUrl).stream(method, undefined, 0, undefined, input);
  const ids: string[] = [];
  for await (const { audioId } of response.message) ids.push(audioId);
  assert.deepEqual(ids, ["a1"]);
  await until(() => peer.streams[0]?.closed === true && input.returns > 0);
  assert.equal(peer.streams[0]?.rstCode, constants.NGHTTP2_NO_ERROR);
});

test("trailers are there once the messages have ended", async (t) => {
  await using peer = await startHttp2Peer((stream) => answer(stream, message, { ...ok, "x-count": "1" }));
  const response = await talk(ourTransport(t, peer.baseUrl), new ManualInput());
  assert.equal(response.header.get("content-type"), "application/grpc+proto");
  await readAll(Promise.resolve(response));
  assert.equal(response.trailer.get("x-count"), "1");
});

const compressions = [
  { compression: compressionGzip, pack: promisify(gzip) as (data: Uint8Array) => Promise<Buffer> },
  { compression: compressionBrotli, pack: promisify(brotliCompress) as (data: Uint8Array) => Promise<Buffer> },
];

for (const { compression, pack } of compressions) {
  test(`${compression.name}: large messages leave compressed and small ones plain, in their order`, async (t) => {
    const flags: number[] = [];
    const ids: string[] = [];
    let encoding: unknown;
    let bytes = 0;
    await using peer = await startHttp2Peer((stream, headers) => {
      encoding = headers["grpc-encoding"];
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        const all = Buffer.concat(chunks);
        bytes = all.byteLength;
        for (let offset = 0; offset < all.byteLength; offset += 5 + all.readUInt32BE(offset + 1)) {
          const data = new Uint8Array(all.subarray(offset + 5, offset + 5 + all.readUInt32BE(offset + 1)));
          flags.push(all[offset] ?? -1);
          const plain = all[offset] === 1 ? await compression.decompress(data, 0xffff) : data;
          ids.push(fromBinary(MessageRequestSchema, plain).messageId);
        }
        answer(stream, message, ok);
      });
    });
    async function* mixed() {
      for (let index = 0; index < 40; index++)
        yield request(String(index), new Uint8Array(index % 2 === 0 ? 4_000 : 10));
    }
    const transport = ourTransport(t, peer.baseUrl, { sendCompression: compression, compressMinBytes: 1_000 });
    const { error } = await readAll(talk(transport, mixed()));
    assert.equal(error, undefined);
    assert.equal(encoding, compression.name);
    assert.deepEqual(
      ids,
      Array.from({ length: 40 }, (_, index) => String(index)),
    );
    assert.deepEqual(
      flags,
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 1 : 0)),
    );
    assert.ok(bytes < 20 * 4_000);
  });

  test(`${compression.name}: compressed answers are unpacked, in order with plain ones; one that swells past the limit is refused`, async (t) => {
    const packed = async (messageId: string, contentBytes: number) => {
      const response = create(MessageResponseSchema, { messageId, content: new Uint8Array(contentBytes) });
      return envelope(await pack(toBinary(MessageResponseSchema, response)), 1);
    };
    const parts = [
      await packed("a", 5_000),
      encoded(MessageResponseSchema, { messageId: "b" }),
      await packed("c", 5_000),
    ];
    const bomb = await packed("bomb", 20_000);
    let accepted: unknown;
    await using peer = await startHttp2Peer((stream, headers) => {
      accepted = headers["grpc-accept-encoding"];
      stream.respond({ ...grpcHead, "grpc-encoding": compression.name }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers(ok));
      stream.end(Buffer.concat([...parts, bomb]));
    });
    const { ids, error } = await readAll(
      talk(ourTransport(t, peer.baseUrl, { readMaxBytes: 10_000 }), new ManualInput()),
    );
    assert.deepEqual([ids, codeOf(error)], [["a", "b", "c"], "ResourceExhausted"]);
    assert.equal(accepted, "gzip,br");
  });
}
