import { defineComponent, hookOn } from "../../src/component/mod.ts";
import { json } from "../../src/core/mod.ts";
import { BillService, sent } from "./_parcels.ts";

/** Bills parcels that are sent, of which it knows the event alone. */
export const bill = defineComponent({
  name: "bill",
  version: "0.3.0",
  rpc: BillService,
  hooks: { charge: hookOn(sent, { key: ({ id }) => id }) },
  kv: { billed: { key: "{id}", codec: json<number>() } },
  setup: ({ kv: { billed } }) => ({
    rpc: { count: () => billed.count() },
    hooks: {
      async charge({ id }) {
        await billed.modify({ id }, (times = 0) => times + 1);
      },
    },
  }),
});
