import { type Channel, channel } from "node:diagnostics_channel";
import type { ServiceInstance } from "@im-sdk/contracts";
import type { MessageRequest, MessageResponse } from "@im-sdk/gen";
import type { SendReceipt } from "../delivery/send-receipt.ts";
import { ImError } from "../im-error.ts";
import type { ImDiagnostics, ObservedClient, ObservedSend } from "./im-diagnostics.ts";

type Channels = { readonly [Name in keyof ImDiagnostics]: Channel };

/** Node gives the same channel for a name to everybody in the process. */
const channels: Channels = {
  "im-sdk:connect:start": channel("im-sdk:connect:start"),
  "im-sdk:connect:end": channel("im-sdk:connect:end"),
  "im-sdk:send:start": channel("im-sdk:send:start"),
  "im-sdk:send:end": channel("im-sdk:send:end"),
  "im-sdk:call:start": channel("im-sdk:call:start"),
  "im-sdk:call:end": channel("im-sdk:call:end"),
  "im-sdk:receive": channel("im-sdk:receive"),
  "im-sdk:state": channel("im-sdk:state"),
  "im-sdk:disconnect": channel("im-sdk:disconnect"),
  "im-sdk:reconnecting": channel("im-sdk:reconnecting"),
  "im-sdk:gap": channel("im-sdk:gap"),
  "im-sdk:instances": channel("im-sdk:instances"),
  "im-sdk:error": channel("im-sdk:error"),
};

const { "im-sdk:send:start": sendStart, "im-sdk:send:end": sendEnd, "im-sdk:receive": received } = channels;

/** What has a start and an end. */
export type Operation = "connect" | "send" | "call";
type Begun<Name extends Operation> = Omit<ImDiagnostics[`im-sdk:${Name}:start`], "client" | "error" | "receipt">;
type Outcome = Partial<Pick<ObservedSend, "error" | "receipt">>;
type Told = Exclude<keyof ImDiagnostics, `im-sdk:${Operation}:${"start" | "end"}`>;

/** Publishes what one client does; costs a look at a flag where nobody subscribed. */
export class Diagnostics {
  readonly client: ObservedClient;

  constructor(client: ObservedClient) {
    this.client = client;
  }

  tell<Name extends Told>(name: Name, fields: Omit<ImDiagnostics[Name], "client">): void {
    const { client } = this;
    if (channels[name].hasSubscribers) channels[name].publish({ client, ...fields } as ImDiagnostics[Name]);
  }

  /** Somebody listens; asked for every message. */
  get observesSends(): boolean {
    return sendStart.hasSubscribers || sendEnd.hasSubscribers;
  }

  get observesCalls(): boolean {
    return channels["im-sdk:call:start"].hasSubscribers || channels["im-sdk:call:end"].hasSubscribers;
  }

  /** Publishes a start; what it gives publishes the end. */
  begin<Name extends Operation>(name: Name, fields: Begun<Name>): (outcome?: Outcome) => void {
    const observed = { client: this.client, ...fields };
    const [start, end]: Channel[] = [channels[`im-sdk:${name}:start`], channels[`im-sdk:${name}:end`]];
    start?.publish(observed);
    return (outcome) => end?.publish(Object.assign(observed, outcome));
  }

  /** A try to open a stream. */
  connect<T>(instance: ServiceInstance | undefined, opened: () => Promise<T>): Promise<T> {
    const end = this.begin("connect", { instance });
    return settle(opened, end, () => ({}));
  }

  /** A message that was taken, until it is settled. */
  send(message: MessageRequest, settled: () => Promise<SendReceipt>): Promise<SendReceipt> {
    const { roomId, messageId, type, content } = message;
    const end = this.begin("send", { roomId, messageId, type, contentBytes: content.byteLength });
    return settle(settled, end, (receipt) => ({ receipt }));
  }

  receive({ roomId, messageId, fromUserId, type, content }: MessageResponse): void {
    if (received.hasSubscribers)
      this.tell("im-sdk:receive", { roomId, messageId, fromUserId, type, contentBytes: content.byteLength });
  }
}

async function settle<T>(
  work: () => Promise<T>,
  end: (outcome: Outcome) => void,
  outcomeOf: (result: T) => Outcome,
): Promise<T> {
  try {
    const result = await work();
    end(outcomeOf(result));
    return result;
  } catch (reason) {
    end({ error: ImError.from(reason, "failed") });
    throw reason;
  }
}
