import type { DescMethod } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues } from "@connectrpc/connect";
import { createMethodUrl } from "@connectrpc/connect/protocol";

/** What a request has beside its message, be it of a unary call or of a stream. */
export function requestFields<Method extends DescMethod>(
  method: Method,
  baseUrl: string,
  header: Headers,
  contextValues: ContextValues | undefined,
) {
  return {
    service: method.parent,
    method,
    requestMethod: "POST",
    url: createMethodUrl(baseUrl, method),
    header,
    contextValues: contextValues ?? createContextValues(),
  };
}
