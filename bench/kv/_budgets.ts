import type { Budget, Runtime } from "../services/_budgets.ts";

/** Operations of a bucket that are compared. */
export type KvOperation = "put" | "get" | "direct get" | "leader get" | "update" | "modify";

/** Operations per second to those of the official client, by operations in flight. */
export const THROUGHPUT: Record<
  Runtime,
  Partial<Record<KvOperation, Readonly<Record<number, number | undefined>>>>
> = {
  node: budgets(3.3, 2.7, 1.2),
  deno: budgets(3.3, 2.7, 1.2),
  bun: budgets(2.8, 2.1, 1),
};

function budgets(
  many: number,
  update: number,
  one: number,
): Partial<Record<KvOperation, Readonly<Record<number, number | undefined>>>> {
  return {
    put: { 1: one, 64: many },
    get: { 1: one, 64: many },
    "direct get": { 1: one, 64: many },
    update: { 1: one, 64: update },
  };
}

/** Time of a change that nobody competes with, to that of the official client's `put()`. */
export const MODIFY: Budget = { atMost: 2.1 };
