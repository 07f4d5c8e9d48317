import { protobuf, ShizukuError } from "@shizuku/shizuku/core";
import { defineComponent } from "@shizuku/shizuku/component";
import { flightId, originOf } from "./flight_id.ts";
import {
  type Flight,
  FlightReportedSchema,
  FlightSchema,
  FlightService,
} from "./gen/flights/v1/flights_pb.ts";

/** Keeps the flights that are reported. */
export const flights = defineComponent({
  name: "flights",
  version: "1.0.0",
  description: "Keeps the flights that airports report",
  rpc: FlightService,
  // On which subject it is published, the .proto says.
  events: { reported: FlightReportedSchema },
  kv: { flights: { key: "{origin}.{id}", codec: protobuf(FlightSchema) } },
  setup({ events, kv: { flights: stored } }) {
    /** The flight of an id, if it is known. */
    async function find(id: string): Promise<Flight | undefined> {
      const origin = originOf(id);
      return origin === undefined ? undefined : (await stored.get({ origin, id }))?.value;
    }

    /** The flights that left one airport, or all of them, in no order. */
    async function* all(origin?: string): AsyncGenerator<Flight> {
      const pattern = origin === undefined ? {} : { origin };
      for await (const { value } of stored.entries(pattern)) yield value;
    }

    return {
      rpc: {
        async report({ $typeName: _, ...report }) {
          const id = flightId(report);
          const { origin } = report;
          const { flight, created } = await stored.create({ origin, id }, { ...report, id }).then(
            ({ value }) => ({ flight: value, created: true }),
            async (error) => {
              if (!ShizukuError.is(error) || error.code !== "already_exists") throw error;
              return { flight: await find(id), created: false };
            },
          );
          // Also when the flight was known: the process may have died before it published.
          await events.reported.publish({ origin, flight });
          return { flight, created };
        },
        async get({ id }) {
          const flight = await find(id);
          if (flight === undefined) throw new ShizukuError("not_found", `Cannot find flight ${id}`);
          return { flight };
        },
        async list({ origin }) {
          const found: Flight[] = [];
          for await (const flight of all(origin)) found.push(flight);
          return { flights: found.sort((a, b) => a.id < b.id ? -1 : 1) };
        },
      },
      shared: { find, all },
    };
  },
});
