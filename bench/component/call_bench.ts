/**
 * What a call of a shared function costs, against a direct call of the method behind it. `--check`
 * fails if a budget is missed.
 *
 * @module
 */
import { call, createApp, defineComponent } from "../../src/component/mod.ts";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { keep, measure } from "../core/_measure.ts";

/** A processor as it stands behind RPC, with what it depends on as a field. */
class Price {
  readonly #factor = 3;

  process({ amount }: { amount: number }): number {
    return amount * this.#factor;
  }

  async later({ amount }: { amount: number }): Promise<number> {
    return amount * this.#factor;
  }
}

const price = new Price();
const shop = defineComponent({
  name: "shop",
  version: "1.0.0",
  setup: () => ({
    shared: {
      priceOf: call(price),
      laterOf: call((order: { amount: number }) => price.later(order)),
      direct: (order: { amount: number }) => price.process(order),
    },
  }),
});

await using server = await startNatsServer();
const nc = await connect({ servers: server.url });
const app = await createApp({ nc, components: [shop], registry: false }).start();
const shared = app.shared(shop);
let sum = 0;

const sync = await measure("a method that answers at once", {
  "direct": (times) => {
    for (let amount = 0; amount < times; amount++) sum += price.process({ amount });
  },
  "shared by call()": (times) => {
    for (let amount = 0; amount < times; amount++) sum += shared.priceOf({ amount }) as number;
  },
  "shared as it is": (times) => {
    for (let amount = 0; amount < times; amount++) sum += shared.direct({ amount });
  },
}, { times: 2_000_000 });

const later = await measure("a method that answers later", {
  "direct": async (times) => {
    for (let amount = 0; amount < times; amount++) sum += await price.later({ amount });
  },
  "shared by call()": async (times) => {
    for (let amount = 0; amount < times; amount++) sum += await shared.laterOf({ amount });
  },
});

await app.stop();
await nc.close();
if (sum === 0) throw new Error("nothing was measured");
keep([
  {
    name: "a shared call at once, times a direct one",
    value: sync["shared by call()"].ratio,
    max: 2,
  },
  {
    name: "a shared call later, times a direct one",
    value: later["shared by call()"].ratio,
    max: 2,
  },
]);
