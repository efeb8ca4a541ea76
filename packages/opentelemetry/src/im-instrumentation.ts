import { readFileSync } from "node:fs";
import { type Meter, type MeterProvider, metrics, type Tracer, type TracerProvider, trace } from "@opentelemetry/api";
import { ClientMetrics } from "./client-metrics.ts";
import { OperationSpans } from "./operation-spans.ts";
import { subscribe } from "./subscribe.ts";

export interface ImInstrumentationConfig {
  /** False waits for `enable()`; default true. */
  readonly enabled?: boolean;
}

/**
 * Spans and metrics of every IM client in the process, from what they publish over `node:diagnostics_channel`. Has the shape that
 * OpenTelemetry's `registerInstrumentations` and `NodeSDK({ instrumentations })` take; alone it uses the global providers, which are
 * asked for when it is made or enabled: start the SDK first.
 */
export class ImInstrumentation {
  readonly instrumentationName = "@im-sdk/opentelemetry";
  readonly instrumentationVersion = ownVersion();
  #config: ImInstrumentationConfig;
  #tracerProvider: TracerProvider | undefined;
  #meterProvider: MeterProvider | undefined;
  #running: Running | undefined;

  constructor(config: ImInstrumentationConfig = {}) {
    this.#config = config;
    if (config.enabled !== false) this.enable();
  }

  /** Begins with what is begun from now on. Does nothing when it is enabled. */
  enable(): void {
    if (this.#running !== undefined) return;
    const spans = new OperationSpans(this.#tracer());
    const measured = new ClientMetrics(this.#meter());
    this.#running = { spans, measured, ends: [subscribe(spans.observers), subscribe(measured.observers)] };
  }

  /** Ends the open spans, takes back what is counted as open, and observes no more. */
  disable(): void {
    if (this.#running === undefined) return;
    const { spans, measured, ends } = this.#running;
    this.#running = undefined;
    for (const end of ends) end();
    spans.close();
    measured.close();
  }

  /** Spans that are open end with the provider that they began with. */
  setTracerProvider(provider: TracerProvider): void {
    this.#tracerProvider = provider;
    this.#running?.spans.useTracer(this.#tracer());
  }

  /** What is open or connected is counted with the new provider, and no longer with the one before. */
  setMeterProvider(provider: MeterProvider): void {
    this.#meterProvider = provider;
    this.#running?.measured.useMeter(this.#meter());
  }

  getConfig(): ImInstrumentationConfig {
    return this.#config;
  }

  setConfig(config: ImInstrumentationConfig): void {
    this.#config = config;
  }

  #tracer(): Tracer {
    return (this.#tracerProvider ?? trace).getTracer(this.instrumentationName, this.instrumentationVersion);
  }

  #meter(): Meter {
    return (this.#meterProvider ?? metrics).getMeter(this.instrumentationName, this.instrumentationVersion);
  }
}

interface Running {
  readonly spans: OperationSpans;
  readonly measured: ClientMetrics;
  /** What end the subscriptions. */
  readonly ends: readonly (() => void)[];
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
