import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "@im-sdk/gen/grpc/health/v1/health_pb.js";
import { isServedName } from "./served-names.ts";
import type { ServingState } from "./serving-state.ts";

/** gRPC's standard health service, by which Consul, Kubernetes and load balancers ask; no token is wanted for it. */
export function createGrpcHealth(state: ServingState): ServiceImpl<typeof Health> {
  const status = () => (state.serving ? Status.SERVING : Status.NOT_SERVING);
  return {
    check({ service }) {
      if (!isServedName(service)) throw new ConnectError(`service "${service}" is not here`, Code.NotFound);
      return { status: status() };
    },

    // A server that stops does not start again: that its watches end lets a drain end.
    async *watch({ service }, { signal }) {
      const current = () => (isServedName(service) ? status() : Status.SERVICE_UNKNOWN);
      let told: Status | undefined;
      while (!signal.aborted) {
        if (told !== current()) {
          told = current();
          yield { status: told };
        } else if (state.isStopped) return;
        else await state.whenChanged(signal);
      }
    },
  };
}
