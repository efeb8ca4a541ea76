// A client whose handler takes one message at a time, when its parent lets it; it tells what it holds meanwhile. Forked by
// im-client-backpressure.test.ts. Argument: the server's address.
import { ImClient } from "../im-client.ts";

/** What the parent may ask for. */
export type Question = "wait" | "step" | "send" | "finish";

export interface Answer {
  /** Memory on top of that of the empty client, after a collection of garbage. */
  readonly heldBytes: number;
  /** Places in the room's log: those that the handler was called with, in order. */
  readonly handled: number[];
  /** Places that were told as missing: after the first, up to the second. */
  readonly gaps: [number, number][];
  readonly disconnects: string[];
  /** How the last send of its own was settled. */
  readonly delivery: string | undefined;
}

const [address = ""] = process.argv.slice(2);
let delivery: string | undefined;
let isLetGo = false;
let hasLast = false;
let release = () => {};
const handled: number[] = [];
const gaps: [number, number][] = [];
const disconnects: string[] = [];

const client = new ImClient({
  userId: "slow",
  defaultRoomId: "lobby",
  services: [address],
  retryIntervalMs: 10,
  maxRetries: Number.POSITIVE_INFINITY,
  onDisconnect: (error) => disconnects.push(`${error?.message}`),
  async onMessage(message) {
    if (message.type !== "text" || message.fromUserId !== "fast") return;
    handled.push(Number(message.sequence));
    hasLast = message.id === "last";
    if (isLetGo) return;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  },
});
client.on("gap", ({ after, upTo }) => gaps.push([Number(after?.sequence), Number(upTo?.sequence)]));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

const act: Record<Question, () => Promise<void>> = {
  /** As long as 50 calls on the same connection take. */
  async wait() {
    for (let call = 0; call < 50; call++) await client.healthCheck();
  },
  async step() {
    const before = handled.length;
    release();
    await until(() => handled.length > before);
  },
  async send() {
    ({ delivery } = await client.sendTextMessage("lobby", "I am still here", { timeoutMs: 100_000 }));
  },
  async finish() {
    isLetGo = true;
    release();
    await until(() => hasLast);
  },
};

function memory(): number {
  for (let round = 0; round < 2; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

await client.connect();
const emptyBytes = memory();
process.on("disconnect", () => process.exit());
process.on("message", async (question: Question) => {
  await act[question]();
  const heldBytes = memory() - emptyBytes;
  process.send?.({ heldBytes, handled, gaps, disconnects, delivery } satisfies Answer);
});
process.send?.("ready");
