import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { IMService } from "@im-sdk/gen";
import { servePlain } from "../test-kit/serve.ts";
import { ourTransport, readAll, requests, talk } from "../test-kit/transports.ts";
import { isHeaderText } from "./id-header.ts";
import { createIdentityInterceptor, type IdentityInterceptorOptions } from "./identity-interceptor.ts";

const names = ["user-id", "user-id-bin", "room-id", "room-id-bin", "im-capabilities"];

/** What a server reads of a unary call and of a stream. */
async function headersOf(t: TestContext, options: IdentityInterceptorOptions, header: Record<string, string> = {}) {
  const seen: Record<string, string>[] = [];
  const note = ({ requestHeader }: { requestHeader: Headers }) => {
    seen.push(Object.fromEntries([...requestHeader].filter(([name]) => names.includes(name))));
  };
  await using server = await servePlain({
    async *streamMessages(_, context) {
      note(context);
      yield {};
    },
    async healthCheck(_, context) {
      note(context);
      return {};
    },
  });
  const interceptors = [createIdentityInterceptor(options)];
  const transport = ourTransport(t, `http://${server.address}`, { interceptors });
  await transport.unary(IMService.method.healthCheck, undefined, 0, header, {});
  await readAll(talk(transport, requests(0), { header }));
  const [unary, stream] = seen;
  return { unary, stream };
}

const bytesOf = (text: string) => Buffer.from(text, "utf8").toString("base64");

test("ASCII ids go as they are: the user with every call, the room with streams only", async (t) => {
  assert.deepEqual(await headersOf(t, { userId: "user 123!~", roomId: "room456" }), {
    unary: { "user-id": "user 123!~" },
    stream: { "user-id": "user 123!~", "room-id": "room456" },
  });
});

for (const id of ["张三", "é", "a\tb", "a\nb", " padded", "padded ", "\u007f", "🙂"]) {
  test(`${JSON.stringify(id)} goes as UTF-8 bytes under -bin`, async (t) => {
    const bytes = bytesOf(id);
    assert.deepEqual(await headersOf(t, { userId: id, roomId: id }), {
      unary: { "user-id-bin": bytes },
      stream: { "user-id-bin": bytes, "room-id-bin": bytes },
    });
    assert.equal(isHeaderText(id), false);
  });
}

test("headers that are set already stay, in either form", async (t) => {
  const set = { "user-id": "other", "room-id": "elsewhere", "im-capabilities": "ack" };
  const options = { userId: "张三", roomId: "大厅", capabilities: ["resume"] };
  assert.deepEqual(await headersOf(t, options, set), { unary: set, stream: set });
  const binary = { "user-id-bin": bytesOf("李四"), "room-id-bin": bytesOf("这里") };
  assert.deepEqual(await headersOf(t, { userId: "user", roomId: "room" }, binary), { unary: binary, stream: binary });
});

test("capabilities are asked for with every call, and not at all when there are none", async (t) => {
  const asking = await headersOf(t, { userId: "u", capabilities: ["ack", "resume"] });
  assert.deepEqual(asking.unary, { "user-id": "u", "im-capabilities": "ack,resume" });
  assert.deepEqual(asking.stream, asking.unary);
  assert.deepEqual((await headersOf(t, { userId: "u" })).stream, { "user-id": "u" });
});

test("what a plain server can read is said to be readable", () => {
  assert.equal(isHeaderText("user 123!~"), true);
});
