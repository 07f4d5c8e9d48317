import type { Context } from "hono";
import {
  createOrderedConsumer,
  defineHook,
  type EventDefinition,
  eventInfo,
  type StartPosition,
} from "../consumers/mod.ts";
import { dataWriter } from "./_event_data.ts";
import { narrowFilter } from "./_event_filter.ts";
import { SseStream, toSse } from "./_sse_stream.ts";
import type { EventsOptions } from "./events.ts";

/** Answers with a stream of events, which ends with the caller or the options' signal. */
export async function streamEvents<T, Init, Params extends Readonly<Record<string, string>>>(
  c: Context,
  event: EventDefinition<T, Init, Params>,
  options: EventsOptions<T, Params>,
): Promise<Response> {
  const write = options.write ?? dataWriter(event.codec);
  const ended = new AbortController();
  const end = () => sse.end();
  const { signal } = c.req.raw;
  const sse = new SseStream({
    heartbeatMs: options.heartbeatMs ?? 15_000,
    maxBufferedBytes: options.maxBufferedBytes ?? 65_536,
    slowTimeoutMs: options.slowTimeoutMs ?? 30_000,
    onEnd() {
      for (const other of [signal, options.signal]) other?.removeEventListener("abort", end);
      ended.abort();
    },
  });
  for (const other of [signal, options.signal]) other?.addEventListener("abort", end);
  if (signal.aborted || options.signal?.aborted) end();
  try {
    await sse.write(`retry: ${options.retryMs ?? 2_000}\n\n`);
    await listen(c, event, options, ended.signal, async (value, sequence) => {
      const { name } = options;
      const text = toSse({ id: sequence, ...(name && { name }), data: write(value) });
      await sse.write(text);
    });
  } catch (thrown) {
    sse.end();
    throw thrown;
  }
  return c.body(sse.body as ReadableStream<Uint8Array<ArrayBuffer>>, 200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    // Proxies that gather responses would hold events back.
    "X-Accel-Buffering": "no",
  });
}

/** Listens until the signal aborts. */
async function listen<T, Init, Params extends Readonly<Record<string, string>>>(
  c: Context,
  event: EventDefinition<T, Init, Params>,
  options: EventsOptions<T, Params>,
  signal: AbortSignal,
  take: (event: T, sequence: number) => Promise<void>,
): Promise<void> {
  const { nc, namespace, filter = {} } = options;
  const values = typeof filter === "function" ? filter(c) : filter;
  const start = startOf(c, options);
  const hook = defineHook(event, { name: "events", start }, async (value: T, ctx) => {
    if (!signal.aborted) await take(value, ctx.get(eventInfo)!.sequence);
  });
  await createOrderedConsumer(
    nc,
    { ...hook, filters: [narrowFilter(event.subject.template, values)] },
    { component: "hono", signal, ...(namespace !== undefined && { namespace }) },
  );
}

/** After the last event that the caller has seen, if it says which that was. */
function startOf<T, Params>(
  c: Context,
  { resume = true, start = "new" }: EventsOptions<T, Params>,
): StartPosition {
  const last = c.req.header("Last-Event-ID") ?? c.req.query("lastEventId");
  if (!resume || last === undefined || !/^\d{1,15}$/.test(last)) return start;
  return { sequence: Number(last) + 1 };
}
