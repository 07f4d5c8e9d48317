import { type Attributes, type Histogram, metrics, type Observable } from "@opentelemetry/api";
import type { ConsumerStats } from "./consumer_status.ts";

/** What is measured: numbers of the statistics, which are read when somebody collects them. */
const COUNTERS = ["received", "redelivered", "acked", "nacked", "dead", "lost"] as const;
const GAUGES = { inFlight: "in_flight", running: "running", lag: "lag" } as const;

/**
 * Measures a hook with OpenTelemetry: `shizuku.hook.received` and the other numbers of its
 * statistics, and `shizuku.hook.duration` of its processor, in seconds.
 *
 * The numbers cost nothing until they are collected; the time costs a call for each message, which
 * does nothing while no SDK is registered.
 */
export class HookMetrics implements Disposable {
  readonly #attributes: Attributes;
  readonly #duration: Histogram;
  readonly #stop: (() => void)[] = [];

  constructor(component: string, hook: string, stats: () => ConsumerStats) {
    this.#attributes = { "shizuku.component": component, "shizuku.hook": hook };
    const meter = metrics.getMeter("shizuku");
    this.#duration = meter.createHistogram("shizuku.hook.duration", { unit: "s" });
    for (const name of COUNTERS) {
      this.#observe(meter.createObservableCounter(`shizuku.hook.${name}`), () => stats()[name]);
    }
    for (const [field, name] of Object.entries(GAUGES)) {
      const gauge = meter.createObservableGauge(`shizuku.hook.${name}`);
      this.#observe(gauge, () => stats()[field as keyof typeof GAUGES]);
    }
  }

  /** Notes how long the processor took. */
  record(ms: number): void {
    this.#duration.record(ms / 1_000, this.#attributes);
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stop) stop();
  }

  #observe(instrument: Observable, read: () => number): void {
    const attributes = this.#attributes;
    const callback = (result: { observe(value: number, attributes: Attributes): void }) =>
      result.observe(read(), attributes);
    instrument.addCallback(callback);
    this.#stop.push(() => instrument.removeCallback(callback));
  }
}
