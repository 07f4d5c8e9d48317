import type { Budget as CaseBudget, Runtime } from "../frame/model.ts";

export type { Runtime } from "../frame/model.ts";

/** How a ratio must be. */
export type Budget = Pick<CaseBudget, "atLeast" | "atMost">;

/** Calls per second of a typed call, to those of the raw client, by calls in flight. */
export const THROUGHPUT: Record<
  Runtime,
  Record<"bytes" | "protobuf", Readonly<Record<number, number>>>
> = {
  node: { bytes: { 1: 1.1, 64: 2.7, 1024: 4.2 }, protobuf: { 1: 1, 64: 2.2, 1024: 2.9 } },
  deno: { bytes: { 1: 1, 64: 2.7, 1024: 4.2 }, protobuf: { 1: 1, 64: 2.2, 1024: 2.9 } },
  bun: { bytes: { 1: 1.05, 64: 1.6, 1024: 1.8 }, protobuf: { 1: 1, 64: 1.5, 1024: 1.9 } },
};

/** Time that 99 of 100 calls stay below, 64 in flight. */
export const P99: Budget = { atMost: 1 / 3 };

/** Processor time of the caller, 64 in flight. */
export const CALLER_CPU: Record<Runtime, Budget | undefined> = {
  node: { atMost: 0.2 },
  deno: { atMost: 0.2 },
  bun: undefined,
};

/** The raw client's calls per second against our service, to those against a bare callback. */
export const SERVICE: Budget = { atLeast: 1 / 1.1 };

/** Calls per second of a typed call, to those of the rivals. */
export const RIVALS = {
  "Moleculer (JSON)": { atLeast: 1.5 },
  "Moleculer (CBOR)": { atLeast: 1.5 },
  NestJS: { atLeast: 2.5 },
} satisfies Record<string, Budget>;
