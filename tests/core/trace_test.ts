import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import {
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace as tracing,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import {
  createContext,
  MessageHeaders,
  ShizukuError,
  stack,
  trace,
  traceHeaders,
} from "../../src/core/mod.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

// Wired before the SDK is registered, as an application may do.
const early = stack(async (n: number) => n * 2, trace("early", { kind: "server" }));

const spans = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
const meters = new MeterProvider({ readers: [reader] });
tracing.setGlobalTracerProvider(provider);
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
metrics.setGlobalMeterProvider(meters);

after(async () => {
  tracing.disable();
  propagation.disable();
  metrics.disable();
  await provider.shutdown();
  await meters.shutdown();
});
beforeEach(() => spans.reset());

test("trace() makes a span of each call, with its parent from the headers", async () => {
  const headers = MessageHeaders.from({ Traceparent: PARENT, tracestate: "vendor=1" });
  const ctx = createContext({ headers, subject: "a.b" });
  assert.equal(await early(21, ctx), 42);
  const [span] = spans.getFinishedSpans();
  assert.equal(span!.name, "early");
  assert.equal(span!.kind, SpanKind.SERVER);
  assert.equal(span!.spanContext().traceId, TRACE_ID);
  assert.equal(span!.parentSpanContext?.spanId, "b7ad6b7169203331");
  assert.equal(span!.spanContext().traceState?.get("vendor"), "1");
  assert.equal(span!.attributes["nats.subject"], "a.b");
  assert.equal(span!.status.code, SpanStatusCode.UNSET);
});

test("trace() makes a span within a span", async () => {
  const process = stack(async () => 1, trace("outer"), trace("inner", { attributes: { a: 1 } }));
  await process(undefined, createContext());
  const [inner, outer] = spans.getFinishedSpans();
  assert.deepEqual([inner!.name, outer!.name], ["inner", "outer"]);
  assert.equal(inner!.parentSpanContext?.spanId, outer!.spanContext().spanId);
  assert.equal(inner!.attributes.a, 1);
});

test("trace() marks a span as failed, sync or async, and passes the error on", async () => {
  const error = new ShizukuError("not_found", "Cannot find it");
  const fail = () => {
    throw error;
  };
  assert.throws(() => stack(fail, trace("fails"))(1, createContext()), error);
  await assert.rejects(
    async () => await stack(async () => fail(), trace("fails"))(1, createContext()),
    error,
  );
  for (const span of spans.getFinishedSpans()) {
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: "Cannot find it" });
    assert.equal(span.attributes["shizuku.code"], "not_found");
    assert.equal(span.events[0]?.name, "exception");
  }
  assert.equal(spans.getFinishedSpans().length, 2);
});

test("traceHeaders() hands the span on, and trace() takes it up", async () => {
  let headers: Record<string, string> = {};
  const server = stack(async () => {}, trace("server", { kind: "server" }));
  const client = stack(async (_: null, ctx) => {
    headers = traceHeaders(ctx);
    await server(undefined, createContext({ headers: MessageHeaders.from(headers) }));
  }, trace("client", { kind: "client" }));
  await client(null, createContext());
  const [inner, outer] = spans.getFinishedSpans();
  assert.match(headers.traceparent!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.equal(inner!.spanContext().traceId, outer!.spanContext().traceId);
  assert.equal(inner!.parentSpanContext?.spanId, outer!.spanContext().spanId);
});

test("traceHeaders() without a span has none", () => {
  assert.deepEqual(traceHeaders(createContext()), {});
});

test("trace() counts calls and errors, and times them", async () => {
  const process = stack((fails: boolean) => {
    if (fails) throw new ShizukuError("aborted", "again");
  }, trace("measured", { attributes: { team: "a" } }));
  for (const fails of [true, false, false]) {
    try {
      await process(fails, createContext());
    } catch {
      // It is counted below.
    }
  }
  await reader.forceFlush();
  const found = exporter.getMetrics().at(-1)!.scopeMetrics.flatMap(({ metrics }) => metrics);
  const points = found.flatMap(({ descriptor, dataPoints }) =>
    dataPoints.filter(({ attributes }) => attributes["shizuku.name"] === "measured")
      .map(({ attributes, value }) => {
        assert.equal(attributes.team, "a");
        return [
          descriptor.name,
          typeof value === "number" ? value : value.count,
          attributes["shizuku.code"],
        ];
      })
  );
  assert.deepEqual(points.sort(), [
    ["shizuku.calls", 3, undefined],
    ["shizuku.duration", 3, undefined],
    ["shizuku.errors", 1, "aborted"],
  ]);
});
