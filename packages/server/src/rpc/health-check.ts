import type { ServiceImpl } from "@connectrpc/connect";
import { HealthStatus, type IMService } from "@im-sdk/gen";
import { isServedName } from "../health/served-names.ts";
import { negotiate } from "../identity/capabilities.ts";
import type { ServiceContext } from "../service-context.ts";

/** Says whether the server takes traffic, and by its response header what it grants. */
export function createHealthCheck(context: ServiceContext): ServiceImpl<typeof IMService>["healthCheck"] {
  return ({ service }, call) => {
    negotiate(call, context.options.capabilities);
    if (!isServedName(service)) {
      return { status: HealthStatus.SERVICE_UNKNOWN, message: `service "${service}" is not here` };
    }
    const { serving, isStopped } = context.serving;
    if (serving) return { status: HealthStatus.SERVING, message: "serving" };
    return { status: HealthStatus.NOT_SERVING, message: isStopped ? "draining" : "the storage is away" };
  };
}
