import {
  type Awaitable,
  type Backoff,
  type Context,
  type Layer,
  type Processor,
  stack,
} from "../core/mod.ts";
import type { EventDefinition } from "./event.ts";

/** Options of {@linkcode defineHook}. */
export interface HookOptions<T> {
  /** Names the hook within its component, and so its durable consumer. */
  name: string;
  /** Events of one key run in order, one at a time. Without it nothing is in order. */
  key?: (event: T) => string;
  /**
   * How often an event is tried before it becomes a dead letter.
   * @default {5}
   */
  attempts?: number;
  /**
   * How the waits between tries grow.
   * @default {{ initialMs: 100, maxMs: 30_000 }}
   */
  backoff?: Backoff;
  /**
   * How many events run at once.
   * @default {64}
   */
  concurrency?: number;
  /**
   * How long the server waits for a sign of life before it delivers an event again, in
   * milliseconds. What is held is kept alive at a third of it.
   * @default {30000}
   */
  ackWaitMs?: number;
  /** Around the processor, the outermost first. */
  layers?: readonly Layer<T, unknown>[];
}

/** A hook: what is done with an event. Made by {@linkcode defineHook}. */
export interface HookDefinition<T = unknown> {
  /** Name within its component. */
  readonly name: string;
  /** The event. */
  readonly event: EventDefinition<T, never>;
  /** The processor with its layers. */
  process(event: T, ctx: Context): Awaitable<unknown>;
  /** Lane of an event. */
  key?(event: T): string;
  /** Tries before an event becomes a dead letter. */
  readonly attempts: number;
  /** How the waits between tries grow. */
  readonly backoff: Backoff;
  /** How many events run at once. */
  readonly concurrency: number;
  /** How long the server waits for a sign of life, in milliseconds. */
  readonly ackWaitMs: number;
}

/**
 * Declares what a component does when an event happens.
 *
 * @throws {TypeError} If the name or a number is not valid.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const count = defineHook(landed, { name: "count", key: (event) => event.airport }, (event, ctx) => {
 *   ctx.logger.info("{airport}: try {attempt}", { ...event, attempt: ctx.attempt });
 * });
 * ```
 */
export function defineHook<T, Init>(
  event: EventDefinition<T, Init>,
  options: HookOptions<T>,
  processor: Processor<T, unknown>,
): HookDefinition<T> {
  const { name, key, attempts = 5, concurrency = 64, ackWaitMs = 30_000, layers = [] } = options;
  if (!/^[\w-]+$/.test(name)) {
    const found = JSON.stringify(name);
    throw new TypeError(`Cannot define hook as its name must match [A-Za-z0-9_-]+: ${found}`);
  }
  for (const [option, value] of Object.entries({ attempts, concurrency, ackWaitMs })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new TypeError(
      `Cannot define hook ${name} as ${option} must be an integer >= 1: current value is ${value}`,
    );
  }
  return Object.freeze({
    name,
    event: event as unknown as EventDefinition<T, never>,
    process: stack(processor, ...layers),
    ...(key !== undefined && { key }),
    attempts,
    backoff: options.backoff ?? { initialMs: 100, maxMs: 30_000 },
    concurrency,
    ackWaitMs,
  });
}
