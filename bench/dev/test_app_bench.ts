/**
 * What a test pays for an application of its own: `testApp()`, a call, an event, a hook, and the end.
 *
 * `test_app_bench.ts [--check] [--rounds=15]`, where `--check` fails if a test takes 50 ms or more.
 *
 * @module
 */
import process from "node:process";
import { defineComponent, hookOn } from "../../src/component/mod.ts";
import { defineEvent } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { testApp } from "../../src/dev/mod.ts";
import { defineService } from "../../src/services/mod.ts";
import { roundsAsked } from "../frame/options.ts";
import { BUDGET_MISSED, handOver } from "../frame/report.ts";

const ROUNDS = roundsAsked(process.argv, 15);
const MOST_MS = 50;

const ordered = defineEvent(json<{ item: string }>(), { subject: "shop.ordered.{item}" });
const OrderService = defineService("shop.v1.OrderService", {
  order: { input: json<{ item: string }>(), output: json<number>() },
});
const shop = defineComponent({
  name: "shop",
  version: "1.0.0",
  rpc: OrderService,
  events: { ordered },
  kv: { total: { codec: json<number>() } },
  setup: ({ events, kv }) => ({
    rpc: {
      async order({ item }) {
        await events.ordered.publish({ item });
        return (await kv.total.modify((n = 0) => n + 1))!.value;
      },
    },
  }),
});
const stock = defineComponent({
  name: "stock",
  version: "1.0.0",
  kv: { taken: { key: "{item}", codec: json<number>() } },
  hooks: { take: hookOn(ordered) },
  setup: ({ kv }) => ({
    hooks: { take: async ({ item }) => void await kv.taken.modify({ item }, (n = 0) => n + 1) },
    shared: async (item: string) => (await kv.taken.get({ item }))?.value,
  }),
});

/** One test; how long its parts took, in milliseconds. */
async function round(): Promise<number[]> {
  const times = [performance.now()];
  const app = await testApp([shop, stock]);
  times.push(performance.now());
  await app.client(OrderService).order({ item: "tea" });
  await app.published(ordered);
  await app.settled();
  if (await app.shared(stock)("tea") !== 1) throw new Error("the hook has not run once");
  times.push(performance.now());
  await app.stop();
  times.push(performance.now());
  return times.slice(1).map((time, index) => time - times[index]!);
}

const first = (await round()).reduce((a, b) => a + b);
const rounds: number[][] = [];
for (let index = 0; index < ROUNDS; index++) rounds.push(await round());
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
const [start, work, stop] = [0, 1, 2].map((part) => median(rounds.map((times) => times[part]!)));
const whole = median(rounds.map((times) => times.reduce((a, b) => a + b)));
handOver([{
  name: "a test with an application of its own",
  contestants: ["start", "call to settled", "stop"].map((name, part) => ({
    name,
    isOurs: true,
    figures: { ms: rounds.map((times) => times[part]!) },
  })),
}]);
console.log(`the first test, with the server: ${first.toFixed(1)} ms`);
console.log(`each of ${ROUNDS} more, median: ${whole.toFixed(1)} ms`);
console.log(
  `  start ${start!.toFixed(1)}, call to settled ${work!.toFixed(1)}, stop ${stop!.toFixed(1)}`,
);
if (process.argv.includes("--check") && whole >= MOST_MS) {
  console.error(`Too slow: a test must take less than ${MOST_MS} ms`);
  process.exitCode = BUDGET_MISSED;
}
