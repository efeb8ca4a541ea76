import { Server, ServerCredentials } from "@grpc/grpc-js";

/** What Consul's gRPC check asks: a server whose `grpc.health.v1.Health/Check` says SERVING. Returns its port and its end. */
export async function startHealthServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = new Server();
  const check = {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  } as const;
  // HealthCheckResponse { status: SERVING }
  const serving = Buffer.from([0x08, 0x01]);
  server.addService(
    { check },
    { check: (_call: unknown, reply: (error: null, bytes: Buffer) => void) => reply(null, serving) },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, [Symbol.asyncDispose]: async () => server.forceShutdown() };
}
