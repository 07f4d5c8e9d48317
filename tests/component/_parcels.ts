/** Events of two components, which are all that they know of each other. */
import { defineEvent } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { defineService } from "../../src/services/mod.ts";

export const sent = defineEvent(json<{ id: string }>(), {
  subject: "parcel.sent.{id}",
  id: ({ id }) => id,
});

export const ParcelService = defineService("parcel.v1.ParcelService", {
  send: { input: json<{ id: string }>(), output: json<null>() },
});

export const BillService = defineService("bill.v1.BillService", {
  count: { input: json<null>(), output: json<number>() },
});
