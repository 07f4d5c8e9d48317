/**
 * What layers cost around a processor that does nothing. `--check` fails if a budget is missed.
 *
 * @module
 */
import {
  type AnyLayer,
  createContext,
  limit,
  observe,
  policy,
  type Process,
  retry,
  stack,
  timeout,
  trace,
  validate,
} from "../../src/core/mod.ts";
import { keep, measure, type Repeat } from "./_measure.ts";

const ctx = createContext();
const processor = async (n: number) => n;
const pass: AnyLayer = (next) => (input, ctx) => next(input, ctx);

function awaiting(process: Process<number, number>): Repeat {
  return async (times) => {
    for (let n = 0; n < times; n++) await process(n, ctx);
  };
}

const composed = await measure("five layers around a no-op async processor", {
  "bare await": awaiting(processor),
  "1 layer": awaiting(stack(processor, pass)),
  "5 layers": awaiting(stack(processor, pass, pass, pass, pass, pass)),
});

const everything: PositiveSchema = {
  "~standard": {
    version: 1,
    vendor: "bench",
    validate: (value) => ({ value: value as number }),
  },
};
type PositiveSchema = Parameters<typeof validate<number, number>>[0];

const observed = observe({ start: () => {}, end: () => {}, error: () => {} });
const shipped = await measure("layers that ship, one call at a time", {
  "bare await": awaiting(processor),
  "retry": awaiting(stack(processor, retry())),
  "limit": awaiting(stack(processor, limit({ maxConcurrent: 10 }))),
  "timeout": awaiting(stack(processor, timeout(1_000))),
  "observe": awaiting(stack(processor, observed)),
  "validate": awaiting(stack(processor, validate(everything))),
  "policy, of one that does nothing": awaiting(
    stack(
      processor,
      policy({
        execute: async (run, signal) => await run({ signal: signal! }),
      }),
    ),
  ),
  "trace, without an SDK": awaiting(stack(processor, trace("bench"))),
  "retry, timeout, limit, observe, validate": awaiting(
    stack(
      processor,
      retry(),
      timeout(1_000),
      limit({ maxConcurrent: 10 }),
      observed,
      validate(everything),
    ),
  ),
});

const five = shipped["retry, timeout, limit, observe, validate"];
keep([
  { name: "5 layers, times the bare await", value: composed["5 layers"].ratio, max: 2 },
  { name: "5 layers, ns a call", value: composed["5 layers"].best, max: 1_000, on: "bun" },
  { name: "5 layers that ship, ns a call", value: five.best, max: 1_000, on: "bun" },
]);
