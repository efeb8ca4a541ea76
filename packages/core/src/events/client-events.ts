import type { Diagnostics } from "../diagnostics/diagnostics.ts";
import type { ResolvedImClientOptions } from "../im-client-options.ts";
import { logEvents } from "../logging/log-events.ts";
import { EventHub } from "./event-hub.ts";
import type { ImEvents } from "./im-events.ts";

/** The events of a client, with all who know of them from the beginning: diagnostics, the logger, the listeners in the options. */
export function createClientEvents(options: ResolvedImClientOptions, diagnostics: Diagnostics): EventHub<ImEvents> {
  const events = new EventHub<ImEvents>();
  events.observe("stateChange", (change) => diagnostics.tell("im-sdk:state", change));
  events.observe("disconnect", (error) => diagnostics.tell("im-sdk:disconnect", { error }));
  events.observe("reconnecting", (attempt) => diagnostics.tell("im-sdk:reconnecting", attempt));
  events.observe("gap", (gap) => diagnostics.tell("im-sdk:gap", gap));
  events.observe("instances", (instances) => diagnostics.tell("im-sdk:instances", instances));
  events.observe("error", (error) => diagnostics.tell("im-sdk:error", { error }));
  if (options.logger !== undefined) logEvents(events, options.logger, options.userId);
  if (options.onMessage !== undefined) events.on("message", options.onMessage);
  if (options.onConnect !== undefined) events.on("connect", options.onConnect);
  if (options.onDisconnect !== undefined) events.on("disconnect", options.onDisconnect);
  if (options.onError !== undefined) events.on("error", options.onError);
  return events;
}
