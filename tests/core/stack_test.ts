import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnyLayer,
  createContext,
  type Layer,
  type ProcessorObject,
  stack,
  toProcess,
} from "../../src/core/mod.ts";

/** A layer that writes down when it is entered and left. */
function noted(name: string, notes: string[]): AnyLayer {
  return (next) => async (input, ctx) => {
    notes.push(`> ${name}`);
    try {
      return await next(input, ctx);
    } finally {
      notes.push(`< ${name}`);
    }
  };
}

test("stack() runs layers in the order in which they are named, the processor last", async () => {
  const notes: string[] = [];
  const process = stack(
    (n: number) => {
      notes.push("processor");
      return n * 2;
    },
    noted("outer", notes),
    noted("inner", notes),
  );
  assert.equal(await process(21, createContext()), 42);
  assert.deepEqual(notes, ["> outer", "> inner", "processor", "< inner", "< outer"]);
});

test("stack() folds once, whatever the number of calls", async () => {
  let folded = 0;
  const layer: AnyLayer = (next) => {
    folded++;
    return next;
  };
  const process = stack((n: number) => n, layer, layer, layer);
  for (let call = 0; call < 5; call++) await process(call, createContext());
  assert.equal(folded, 3);
});

test("stack() gives input, output and context through each layer", async () => {
  const exclaim: Layer<string, number, number, string> = (next) => async (n, ctx) =>
    `${await next("x".repeat(n), ctx.with({ attempt: 7 }))}!`;
  const process = stack((text: string, ctx) => text.length * ctx.attempt, exclaim);
  assert.equal(await process(3, createContext()), "21!");
});

test("stack() without layers gives the function form", async () => {
  const plain = (n: number) => n;
  assert.equal(stack(plain), plain);
  assert.equal(await stack({ process: (n: number) => n + 1 })(1, createContext()), 2);
});

test("toProcess() binds the process() of an object", async () => {
  class Counter implements ProcessorObject<number, number> {
    #count = 0;
    process(n: number): number {
      return this.#count += n;
    }
  }
  const process = toProcess(new Counter());
  await process(1, createContext());
  assert.equal(await process(2, createContext()), 3);
});

test("toProcess() refuses what is no processor", () => {
  for (const value of [undefined, null, 1, "x", {}, { process: 1 }]) {
    assert.throws(() => toProcess(value as never), {
      name: "TypeError",
      message: /^Cannot use processor as it must be a function or have process\(\)/,
    });
  }
});
