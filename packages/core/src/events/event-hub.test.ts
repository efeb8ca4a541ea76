import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle } from "../test-kit/until.ts";
import { EventHub } from "./event-hub.ts";

type Events = { tick: number; tock: number; error: ImError };

function setup() {
  const hub = new EventHub<Events>();
  const errors: ImError[] = [];
  return { hub, errors, listen: () => hub.on("error", (error) => void errors.push(error)) };
}

/** Fails the process of the test when something is left unhandled. */
process.on("unhandledRejection", (reason) => {
  throw reason;
});

describe("a listener that fails", () => {
  test("is reported as an error event that names it, and disturbs no other", async () => {
    const { hub, errors, listen } = setup();
    listen();
    const cause = new Error("no");
    const heard: number[] = [];
    hub.on("tick", () => {
      throw cause;
    });
    hub.on("tick", () => Promise.reject("later"));
    hub.on("tick", (value) => heard.push(value));
    const pending = hub.emit("tick", 1);
    assert.deepEqual(heard, [1]);
    await pending;
    assert.deepEqual(
      errors.map(({ code, message }) => [code, message]),
      [
        ["internal", 'a listener of "tick" failed: no'],
        ["internal", 'a listener of "tick" failed: later'],
      ],
    );
    assert.equal(errors[0]?.cause, cause);
  });

  test("of error itself becomes a process warning, whether it throws or rejects", async () => {
    for (const fail of [
      () => {
        throw new Error("twice broken");
      },
      () => Promise.reject(new Error("twice broken")),
    ]) {
      const { hub } = setup();
      hub.on("error", fail);
      const warned = once(process, "warning");
      void hub.emit("error", new ImError("internal", "first"));
      const [warning] = await warned;
      // Who listens already need not be told to.
      assert.equal(warning.message, 'a listener of "error" failed: twice broken; it was told: first');
      assert.deepEqual([warning.name, warning.code], ["ImError", "internal"]);
    }
  });

  test("while nobody listens for errors becomes a process warning", async () => {
    const { hub } = setup();
    hub.on("tick", () => {
      throw new Error("alone");
    });
    const warned = once(process, "warning");
    void hub.emit("tick", 1);
    assert.match((await warned)[0].message, /failed: alone \(listen for "error"/);
  });

  test("by a thenable that is no promise is reported as well", async () => {
    const { hub, errors, listen } = setup();
    listen();
    hub.on("tick", () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the case
      then: () => {
        throw new Error("then");
      },
    }));
    await hub.emit("tick", 1);
    assert.match(errors[0]?.message ?? "", /failed: then/);
  });
});

test("a listener that is no function is refused when it is added", () => {
  const { hub } = setup();
  const listener = undefined as unknown as () => void;
  for (const add of ["on", "once"] as const) {
    assert.throws(() => hub[add]("tick", listener), hasCode("invalid_argument", '"tick"', "a function"));
  }
});

test("an error that nobody listens for becomes a process warning", async () => {
  const warned = once(process, "warning");
  void setup().hub.emit("error", new ImError("unavailable", "gone"));
  const [warning] = await warned;
  assert.match(warning.message, /gone/);
  assert.equal(warning.code, "unavailable");
});

test("emit gives a promise only when a listener gave one, and it settles with the last of them", async () => {
  const { hub } = setup();
  assert.equal(hub.emit("tick", 1), undefined);
  hub.on("tick", () => 5);
  assert.equal(hub.emit("tick", 1), undefined);
  const finish = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  for (const { promise } of finish) hub.on("tick", () => promise);
  let done = false;
  const pending = hub.emit("tick", 1)?.then(() => {
    done = true;
  });
  finish[0].resolve();
  await settle();
  assert.equal(done, false);
  finish[1].resolve();
  await pending;
});

describe("adding and removing", () => {
  test("tells whether anybody listens", () => {
    const { hub } = setup();
    const listener = () => {};
    assert.equal(hub.has("tick"), false);
    hub.on("tick", listener);
    assert.deepEqual([hub.has("tick"), hub.has("tock")], [true, false]);
    hub.off("tick", listener);
    assert.equal(hub.has("tick"), false);
    hub.once("tick", listener);
    assert.equal(hub.has("tick"), true);
    void hub.emit("tick", 1);
    assert.equal(hub.has("tick"), false);
  });

  test("a listener stands once, in the order of adding, until it is removed", () => {
    const { hub } = setup();
    const heard: string[] = [];
    const a = () => heard.push("a");
    const b = () => heard.push("b");
    hub.on("tick", a);
    hub.on("tick", b);
    hub.on("tick", a);
    void hub.emit("tick", 1);
    assert.deepEqual(heard.splice(0), ["a", "b"]);
    hub.off("tick", a);
    hub.off("tick", () => {});
    hub.off("tock", b);
    void hub.emit("tick", 1);
    assert.deepEqual(heard, ["b"]);
  });

  test("once is for one call, and its promise and its failure count", async () => {
    const { hub, errors, listen } = setup();
    listen();
    const heard: number[] = [];
    hub.once("tick", async (value) => {
      heard.push(value);
      throw new Error("once");
    });
    await hub.emit("tick", 1);
    assert.equal(hub.emit("tick", 2), undefined);
    assert.deepEqual(heard, [1]);
    assert.match(errors[0]?.message ?? "", /once/);
  });

  test("off removes a once-listener, also one that stands for two events", () => {
    const { hub } = setup();
    const heard: number[] = [];
    const listener = (value: number) => heard.push(value);
    hub.once("tick", listener);
    hub.once("tock", listener);
    hub.off("tick", listener);
    void hub.emit("tick", 1);
    void hub.emit("tock", 2);
    assert.deepEqual(heard, [2]);
  });

  test("a listener that stands for good does so after once as well, whichever came first", () => {
    for (const order of [
      ["on", "once"],
      ["once", "on"],
    ] as const) {
      const { hub } = setup();
      const heard: number[] = [];
      const listener = (value: number) => heard.push(value);
      for (const add of order) hub[add]("tick", listener);
      void hub.emit("tick", 1);
      void hub.emit("tick", 2);
      assert.deepEqual(heard, [1, 2]);
    }
  });

  test("while emitting: who is added hears the next event, who is removed still hears this one", () => {
    const { hub } = setup();
    const heard: string[] = [];
    const removed = () => heard.push("removed");
    hub.on("tick", () => {
      heard.push("first");
      hub.off("tick", removed);
      hub.on("tick", added);
    });
    const added = () => heard.push("added");
    hub.on("tick", removed);
    void hub.emit("tick", 1);
    assert.deepEqual(heard.splice(0), ["first", "removed"]);
    void hub.emit("tick", 2);
    assert.deepEqual(heard, ["first", "added"]);
  });

  test("a once-listener is called once, though an event is emitted while another is", () => {
    const { hub } = setup();
    const heard: number[] = [];
    hub.on("tick", (value) => {
      if (value === 1) void hub.emit("tick", 2);
    });
    hub.once("tick", (value) => heard.push(value));
    void hub.emit("tick", 1);
    assert.deepEqual(heard, [2]);
  });
});

test("an observer hears before the listeners, and an error that it alone hears is still a warning", async () => {
  const { hub } = setup();
  const heard: string[] = [];
  hub.on("tick", () => heard.push("listener"));
  hub.observe("tick", () => heard.push("observer"));
  void hub.emit("tick", 1);
  assert.deepEqual(heard, ["observer", "listener"]);
  hub.observe("error", ({ message }) => heard.push(message));
  assert.equal(hub.has("error"), false);
  const warned = once(process, "warning");
  void hub.emit("error", new ImError("unavailable", "alone"));
  assert.match((await warned)[0].message, /alone/);
  assert.equal(heard.at(-1), "alone");
});
