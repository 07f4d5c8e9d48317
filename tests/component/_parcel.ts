import { defineComponent } from "../../src/component/mod.ts";
import { ParcelService, sent } from "./_parcels.ts";

/** Sends parcels, and says so. */
export const parcel = defineComponent({
  name: "parcel",
  version: "1.2.0",
  description: "Sends parcels",
  rpc: ParcelService,
  events: { sent },
  setup: ({ events }) => ({
    rpc: {
      async send({ id }) {
        await events.sent.publish({ id });
        return null;
      },
    },
  }),
});
