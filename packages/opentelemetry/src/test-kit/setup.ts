import type { TestContext } from "node:test";
import { ImClient, type ImClientOptions } from "@im-sdk/core";
import { type ImServerOptions, startImServer } from "@im-sdk/server";
import { startFaultProxy } from "@im-sdk/testing";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { ImInstrumentation } from "../im-instrumentation.ts";

/** Gives what is measured when it is asked. */
export class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** An instrumented client of a server behind a proxy. */
export async function setup(
  t: TestContext,
  options: Partial<ImClientOptions> = {},
  serverOptions: ImServerOptions = {},
) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const reader = new Reader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  const instrumentation = new ImInstrumentation({ enabled: false });
  instrumentation.setTracerProvider(tracerProvider);
  instrumentation.setMeterProvider(meterProvider);
  instrumentation.enable();
  const server = await startImServer(serverOptions);
  const proxy = await startFaultProxy(`127.0.0.1:${server.port}`);
  const client = new ImClient({
    userId: "ann",
    services: [proxy.address],
    retryIntervalMs: 1,
    onError() {},
    ...options,
  });
  t.after(async () => {
    await client.disconnect();
    instrumentation.disable();
    await proxy.close();
    await server.close();
  });
  return {
    server,
    proxy,
    client,
    instrumentation,
    reader,
    tracer: tracerProvider.getTracer("app"),
    spans: (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name),
    /** The sum or the count of every point of a metric, by its attributes. */
    async points(name: string, from: MetricReader = reader) {
      const { resourceMetrics } = await from.collect();
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
      const data = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
      return data.map(({ value, attributes }) => ({
        value: typeof value === "object" ? value.count : value,
        attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !common.includes(key))),
      }));
    },
  };
}

/** What all points have. */
const common = ["messaging.system", "im.service.name", "messaging.operation.name"];
