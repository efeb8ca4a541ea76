import { readFileSync } from "node:fs";
import { type MeterProvider, metrics, type TracerProvider, trace } from "@opentelemetry/api";
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
  #disable: (() => void) | undefined;

  constructor(config: ImInstrumentationConfig = {}) {
    this.#config = config;
    if (config.enabled !== false) this.enable();
  }

  /** Begins with what is begun from now on. Does nothing when it is enabled. */
  enable(): void {
    if (this.#disable !== undefined) return;
    const { instrumentationName: name, instrumentationVersion: version } = this;
    const spans = new OperationSpans((this.#tracerProvider ?? trace).getTracer(name, version));
    const measured = new ClientMetrics((this.#meterProvider ?? metrics).getMeter(name, version));
    const parts = [spans, measured];
    const ends = parts.map(({ observers }) => subscribe(observers));
    this.#disable = () => {
      for (const end of ends) end();
      for (const part of parts) part.close();
    };
  }

  /** Ends the open spans, takes back what is counted as open, and observes no more. */
  disable(): void {
    this.#disable?.();
    this.#disable = undefined;
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracerProvider = provider;
    this.#renew();
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meterProvider = provider;
    this.#renew();
  }

  getConfig(): ImInstrumentationConfig {
    return this.#config;
  }

  setConfig(config: ImInstrumentationConfig): void {
    this.#config = config;
  }

  #renew(): void {
    if (this.#disable === undefined) return;
    this.disable();
    this.enable();
  }
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
