import {
  type Context as TraceContext,
  context as activeContext,
  type Counter,
  type Histogram,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace as tracing,
} from "@opentelemetry/api";
import { watch } from "./_watch.ts";
import { type Context, type ContextKey, contextKey } from "./context.ts";
import type { MessageHeaders } from "./headers.ts";
import type { AnyLayer } from "./layer.ts";
import { ShizukuError } from "./shizuku_error.ts";

/**
 * Options of {@linkcode trace}.
 *
 * @example
 * ```ts
 * import { trace } from "@shizuku/shizuku/core";
 *
 * const layer = trace("ticket.create", { kind: "server", attributes: { region: "eu" } });
 * ```
 */
export interface TraceOptions {
  /**
   * Which side of a conversation the call is.
   * @default {"internal"}
   */
  kind?: "internal" | "server" | "client" | "producer" | "consumer";
  /** Attributes of every span and measurement. Few different values, please. */
  attributes?: Readonly<Record<string, string | number | boolean>>;
}

const LIBRARY = "shizuku";
const CODE = "shizuku.code";

/** Carries the span where there is no asynchronous storage: in browsers, and across copies. */
const traceKey: ContextKey<TraceContext> = /* @__PURE__ */ contextKey("trace");

/**
 * Makes a span of each call, and counts and times the calls.
 *
 * Input, output and errors pass through unchanged. The span's parent is that of an outer `trace`
 * layer, or else the one in the headers of `ctx` (W3C `traceparent`), or else the active one. A
 * processor hands it on with {@linkcode traceHeaders}. Measured are `shizuku.calls` and
 * `shizuku.errors` (counters), and `shizuku.duration` (histogram, seconds). Silent until the
 * application registers an OpenTelemetry SDK.
 *
 * @param name Name of the spans, such as `ticket.create`; never one that holds data.
 * @example
 * ```ts
 * import { createContext, stack, trace } from "@shizuku/shizuku/core";
 *
 * const create = stack((title: string) => ({ title }), trace("ticket.create", { kind: "server" }));
 * await create("Printer on fire", createContext());
 * ```
 * @see https://www.w3.org/TR/trace-context/
 */
export function trace(name: string, options: TraceOptions = {}): AnyLayer {
  const { kind = "internal", attributes } = options;
  const spanKind = SpanKind[kind.toUpperCase() as "INTERNAL"];
  const measured = { ...attributes, "shizuku.name": name };
  // Made at the first call: the application may register its SDK after wiring.
  let instruments: Instruments | undefined;
  return (next) => (input, ctx) => {
    const started = performance.now();
    const parent = parentOf(ctx);
    const span = tracing.getTracer(LIBRARY).startSpan(
      name,
      { kind: spanKind, attributes: { ...attributes, "nats.subject": ctx.subject } },
      parent,
    );
    const current = tracing.setSpan(parent, span);
    const inner = ctx.with({ values: [[traceKey, current]] });
    const finish = (code?: string) => {
      span.end();
      const [calls, errors, duration] = instruments ??= createInstruments();
      calls.add(1, measured);
      if (code !== undefined) errors.add(1, { ...measured, [CODE]: code });
      duration.record((performance.now() - started) / 1000, measured);
    };
    return watch(
      () => activeContext.with(current, () => next(input, inner)),
      () => finish(),
      (thrown) => finish(markFailed(span, thrown)),
    );
  };
}

/**
 * The headers that hand the span of a call on to another process: W3C `traceparent` and whatever
 * else the application's propagator writes; none until it registers one.
 *
 * @example
 * ```ts
 * import { createContext, traceHeaders } from "@shizuku/shizuku/core";
 *
 * const options = { headers: traceHeaders(createContext()) }; // of a call to another service
 * console.log(options.headers); // {}, and within a trace { traceparent: "00-…" }
 * ```
 */
export function traceHeaders(ctx: Context): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(ctx.get(traceKey) ?? activeContext.active(), carrier);
  return carrier;
}

function parentOf(ctx: Context): TraceContext {
  return ctx.get(traceKey) ?? propagation.extract(activeContext.active(), ctx.headers, {
    get: (headers: MessageHeaders, name) => headers.get(name),
    keys: (headers: MessageHeaders) => Array.from(headers, ([name]) => name),
  });
}

/** Marks a span as failed, and gives the code of the error. */
function markFailed(span: Span, thrown: unknown): string {
  const { code, message } = ShizukuError.from(thrown);
  span.recordException(thrown as Error);
  span.setAttribute(CODE, code);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  return code;
}

type Instruments = readonly [calls: Counter, errors: Counter, duration: Histogram];

function createInstruments(): Instruments {
  const meter = metrics.getMeter(LIBRARY);
  return [
    meter.createCounter("shizuku.calls"),
    meter.createCounter("shizuku.errors"),
    meter.createHistogram("shizuku.duration", { unit: "s" }),
  ];
}
