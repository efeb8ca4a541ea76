import type { ConnectRouter } from "@connectrpc/connect";
import { knownKeys } from "./options/check-option.ts";
import { type ImServiceOptions, resolveServiceOptions, serviceOptionNames } from "./options/im-service-options.ts";
import { createRoutes } from "./rpc/routes.ts";
import { createServiceContext } from "./service-context.ts";

/**
 * The service as routes, for an app that has its own HTTP/2 server: `connectNodeAdapter({ routes: createImServiceRoutes() })`.
 * The app's server hides its HTTP/2 sessions, so a join without a stream waits for the user's next stream on whichever
 * session; and it serves recordings itself: give it an `audioStore` of your own and a `publicUrl`. Timers never keep the
 * process alive; a `storage` is yours to close, once your server is closed. Throws a RangeError or TypeError that names a wrong
 * option.
 */
export function createImServiceRoutes(options: ImServiceOptions = {}): (router: ConnectRouter) => void {
  knownKeys("", options, serviceOptionNames);
  return createRoutes(createServiceContext(resolveServiceOptions(options)));
}
