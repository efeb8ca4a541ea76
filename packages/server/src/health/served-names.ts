import { IMService } from "@im-sdk/gen";
import { Health } from "@im-sdk/gen/grpc/health/v1/health_pb.js";

/** What may be asked for in a health check: the server as a whole, and its services by full name. */
export function isServedName(service: string): boolean {
  return service === "" || service === IMService.typeName || service === Health.typeName;
}
