import diagnosticsChannel from "node:diagnostics_channel";
import type { ImDiagnostics } from "@im-sdk/core";

/** What to do with what is published on some channels. */
export type Observers = { readonly [Name in keyof ImDiagnostics]?: (payload: ImDiagnostics[Name]) => void };

/** Subscribes to the channels of every client in the process; the function that comes back ends that. */
export function subscribe(observers: Observers): () => void {
  const entries = Object.entries(observers).map(([name, observe]) => {
    // A channel carries what its name says.
    const onMessage = (message: unknown) => (observe as (payload: unknown) => void)(message);
    diagnosticsChannel.subscribe(name, onMessage);
    return { name, onMessage };
  });
  return () => {
    for (const { name, onMessage } of entries) diagnosticsChannel.unsubscribe(name, onMessage);
  };
}
