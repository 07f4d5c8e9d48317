/**
 * What a context costs that nobody looks at, and one that somebody does.
 *
 * @module
 */
import process from "node:process";
import { CallSignal, createContext, MessageHeaders } from "../../src/core/mod.ts";
import { measure, runtime } from "./_measure.ts";

const parent = createContext({ subject: "a.b", params: { id: "7" } });
const headers = () => MessageHeaders.from({ a: "1" });
let kept: unknown;

/** A plain object with as many fields as a context has parts. */
function plain(deadline: number): object {
  return { deadline, headers, subject: "a.b", signal: undefined, attempt: 1, params: undefined };
}

await measure("a context", {
  "plain object": (times) => {
    for (let n = 0; n < times; n++) kept = plain(n);
  },
  "createContext()": (times) => {
    for (let n = 0; n < times; n++) kept = createContext();
  },
  "createContext() as serve() makes it": (times) => {
    for (let n = 0; n < times; n++) {
      const signal = new CallSignal(n);
      kept = createContext({ signal, deadline: n, headers, subject: "a.b" });
    }
  },
  "with()": (times) => {
    for (let n = 0; n < times; n++) kept = parent.with({ attempt: n });
  },
  "with(), and its subject and parameters read": (times) => {
    for (let n = 0; n < times; n++) {
      const ctx = parent.with({ attempt: n });
      kept = ctx.subject + ctx.params.id;
    }
  },
});
await measure("a context, and its signal", {
  "new AbortController().signal": (times) => {
    for (let n = 0; n < times; n++) kept = new AbortController().signal;
  },
  "createContext().signal": (times) => {
    for (let n = 0; n < times; n++) kept = createContext().signal;
  },
}, { times: 20_000 });

// Bun counts its heap only when it collects garbage.
if (runtime() !== "bun") {
  console.log(`\n  ${await bytesEach((n) => plain(n))} bytes a plain object`);
  console.log(`  ${await bytesEach(() => createContext())} bytes a createContext()`);
  console.log(`  ${await bytesEach((n) => parent.with({ attempt: n }))} bytes a with()`);
}
if (kept === undefined) throw new Error("Nothing was measured");

/** Memory for each of many values that are kept. */
async function bytesEach(make: (n: number) => unknown): Promise<number> {
  const count = 200_000;
  const values = new Array<unknown>(count);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < count; n++) values[n] = make(n);
  const after = process.memoryUsage().heapUsed;
  kept = values[count - 1];
  return Math.round((after - before) / count);
}
