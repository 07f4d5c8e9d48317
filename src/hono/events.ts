import type { Context, Handler } from "hono";
import type { Connection, EventDefinition, StartPosition } from "../consumers/mod.ts";
import { type Awaitable, ShizukuError } from "../core/mod.ts";
import { handleRpcError } from "./handle_rpc_error.ts";

/**
 * Values for parameters of an event's subject.
 *
 * @example From the query: `/flights?origin=ORD`
 * ```ts ignore
 * import { events } from "@shizuku/shizuku/hono";
 *
 * app.get(
 *   "/flights",
 *   events(flightReported, { nc, filter: (c) => ({ origin: c.req.query("origin") }) }),
 * );
 * ```
 */
export type EventFilter<Params> = { readonly [Name in keyof Params]?: string | undefined };

/**
 * Options of {@linkcode events}.
 *
 * @example For callers that are logged in, all that is stored first
 * ```ts ignore
 * import { events } from "@shizuku/shizuku/hono";
 *
 * app.get(
 *   "/flights",
 *   events(flightReported, {
 *     nc,
 *     start: "all",
 *     authorize: (c) => c.req.header("authorization") === `Bearer ${token}`,
 *     write: ({ origin, delayMinutes }) => JSON.stringify({ origin, delayMinutes }),
 *     heartbeatMs: 5_000,
 *     signal,
 *   }),
 * );
 * ```
 */
export interface EventsOptions<T, Params> {
  /** Connection to NATS. */
  readonly nc: Connection;
  /** Namespace of the application, if it has one. */
  readonly namespace?: string;
  /**
   * Which events this caller gets: values for parameters of the subject, from the query for
   * instance. By default all.
   */
  readonly filter?: EventFilter<Params> | ((c: Context) => EventFilter<Params>);
  /**
   * Tells whether this caller may listen: `false` is answered with 403, and what is thrown as
   * `handleRpcError` does. Middleware can do the same.
   */
  readonly authorize?: (c: Context) => Awaitable<boolean>;
  /**
   * Whether a caller that comes again goes on after the last event that it has seen, as its
   * `Last-Event-ID` says.
   * @default {true}
   */
  readonly resume?: boolean;
  /**
   * Where a caller begins that comes for the first time.
   * @default {"new"}
   */
  readonly start?: StartPosition;
  /** Writes an event. By default JSON, protobuf's form of it for messages. */
  readonly write?: (event: T) => string;
  /** Name of the events; without one they come to `onmessage`. */
  readonly name?: string;
  /**
   * How often a comment shows that the stream lives while nothing happens, in milliseconds.
   * @default {15000}
   */
  readonly heartbeatMs?: number;
  /**
   * How long a browser waits before it comes again, in milliseconds.
   * @default {2000}
   */
  readonly retryMs?: number;
  /**
   * Bytes that may wait for a slow reader; then nothing more is taken from the stream for it.
   * @default {65536}
   */
  readonly maxBufferedBytes?: number;
  /**
   * How long a reader may take nothing while events wait, in milliseconds. Then its stream ends; it
   * can come again, and goes on where it was.
   * @default {30000}
   */
  readonly slowTimeoutMs?: number;
  /** Ends all streams, when the server stops. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a handler that streams events to browsers, as server-sent events.
 *
 * Each caller has an ordered consumer of its own: nothing is left out, nothing comes twice, also when
 * the server was away meanwhile. The id of an event is its sequence in the stream, by which a browser
 * goes on after a break. When the caller goes away, nothing is left behind.
 *
 * A stream that keeps events by interest has only what happens while somebody listens: to go on after
 * a break, the stream must keep them by limits.
 *
 * @returns A handler: `app.get("/events", events(...))`. It answers 404 where no stream stores the
 * event.
 * @example Delays of one airport
 * ```ts ignore
 * app.get(
 *   "/flights",
 *   events(flightReported, { nc, filter: (c) => ({ origin: c.req.query("origin") }) }),
 * );
 * // new EventSource("/flights?origin=ORD").onmessage = ({ data }) => show(JSON.parse(data));
 * ```
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function events<T, Init, Params extends Readonly<Record<string, string>>>(
  event: EventDefinition<T, Init, Params>,
  options: EventsOptions<T, Params>,
): Handler {
  return async (c) => {
    try {
      await authorize(c, options);
      const { streamEvents } = await import("./_event_stream.ts");
      return await streamEvents(c, event, options);
    } catch (thrown) {
      return handleRpcError(thrown as Error, c);
    }
  };
}

async function authorize<T, Params>(
  c: Context,
  { authorize }: EventsOptions<T, Params>,
): Promise<void> {
  if (authorize === undefined || await authorize(c)) return;
  throw new ShizukuError("permission_denied", "Cannot listen to these events");
}
