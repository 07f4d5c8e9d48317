import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../../src/component/mod.ts";
import { type Context, createContext, MessageHeaders, stack, timeout } from "../../src/core/mod.ts";

interface Order {
  sku: string;
  amount: number;
}

test("call() gives the plain function of a processor, with the types that it has", async () => {
  const price = call(({ amount }: Order) => amount * 2);
  const cost: number = price({ sku: "a", amount: 2 });
  assert.equal(cost, 4);
  const later: Promise<number> = call(async (order: Order) => price(order))({
    sku: "a",
    amount: 3,
  });
  assert.equal(await later, 6);
  class Price {
    readonly factor = 5;
    process({ amount }: Order): number {
      return amount * this.factor;
    }
  }
  assert.equal(await call(new Price())({ sku: "a", amount: 2 }), 10);
  const stacked = call(stack((order: Order) => order.amount, timeout(1_000)));
  assert.equal(await stacked({ sku: "a", amount: 7 }), 7);
  // @ts-expect-error the input is of another type
  assert.equal(Number.isNaN(price({ sku: "a" })), true);
});

test("call() passes a context on, and has one where there is none", () => {
  const of = call((_: null, ctx: Context) => ctx);
  const ctx = createContext({ deadline: performance.now() + 1_000 });
  assert.equal(of(null, ctx), ctx);
  const none = of(null);
  assert.deepEqual([none.deadline, none.remainingMs, none.subject], [undefined, Infinity, ""]);
  assert.equal(none.signal.aborted, false);
  assert.notEqual(none.signal, none.signal, "listeners of one call are not those of another");
  const headers = MessageHeaders.from({ a: "1" });
  assert.equal(none.with({ headers }).headers.get("a"), "1");
});

test("call() refuses what is no processor", () => {
  // @ts-expect-error a number is none
  assert.throws(() => call(7), {
    name: "TypeError",
    message: "Cannot share a processor as it must be a function or have process(): " +
      "current value is number",
  });
});
