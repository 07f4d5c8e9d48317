import { protobuf, ShizukuError, stack } from "@shizuku/shizuku/core";
import { defineComponent, hookOn } from "@shizuku/shizuku/component";
import { readLocked, writeLocked } from "@shizuku/shizuku/kv";
import { loadAirports } from "./airports.ts";
import { flights } from "./flights.ts";
import {
  type AirportDelays,
  type AirportStatistics,
  AirportStatisticsSchema,
  DelayService,
  type GetAirportRequest,
  type ListWorstRequest,
} from "./gen/delays/v1/delays_pb.ts";
import { FlightReportedSchema } from "./gen/flights/v1/flights_pb.ts";
import { countFlight, toAirportDelays, worstAirports } from "./statistics.ts";

/** Lock of all statistics: a rebuild writes, whoever answers reads. */
const STATISTICS = "statistics";

/** Keeps how late the flights of each airport run. */
export const delays = defineComponent({
  name: "delays",
  version: "1.0.0",
  description: "Tells how late the flights of each airport run",
  rpc: DelayService,
  uses: { flights },
  // Its lane is the airport: one airport's flights are counted one at a time.
  hooks: { count: hookOn(FlightReportedSchema, { key: ({ origin }) => origin }) },
  kv: { airports: { key: "{iata}", codec: protobuf(AirportStatisticsSchema) } },
  async setup({ kv: { airports: statistics }, locks, shared }) {
    const airports = await loadAirports();
    const toDelays = (value: AirportStatistics): AirportDelays =>
      toAirportDelays(value, airports.get(value.iata));

    async function getAirport({ iata }: GetAirportRequest) {
      const entry = await statistics.get({ iata });
      if (entry === undefined) {
        throw new ShizukuError("not_found", `Cannot find delays of airport ${iata}`);
      }
      return { airport: toDelays(entry.value) };
    }

    async function listWorst(request: ListWorstRequest) {
      const all: AirportDelays[] = [];
      for await (const { value } of statistics.entries()) all.push(toDelays(value));
      return { airports: worstAirports(all, request) };
    }

    /** Counts an airport's flights anew. A flight that is stored meanwhile makes it start again. */
    const recount = (iata: string) =>
      statistics.modify({ iata }, async () => {
        let counted: AirportStatistics | undefined;
        for await (const flight of shared.flights.all(iata)) {
          counted = countFlight(counted, flight) ?? counted;
        }
        return counted;
      });

    async function rebuild() {
      const origins = new Set<string>();
      for await (const { origin } of shared.flights.all()) origins.add(origin);
      let flights = 0;
      for (const iata of origins) flights += (await recount(iata))?.value.flights ?? 0;
      return { airports: origins.size, flights };
    }

    /** The delays of all airports: first those known, then `"ready"`, then each that changes. */
    async function* watch(signal: AbortSignal): AsyncGenerator<AirportDelays | "ready"> {
      for await (const event of statistics.watch({}, { signal })) {
        if (event.type === "ready") yield "ready";
        else if (event.type === "entry") yield toDelays(event.entry.value);
      }
    }

    return {
      rpc: {
        getAirport: stack(getAirport, readLocked(locks.rw, STATISTICS)),
        listWorst: stack(listWorst, readLocked(locks.rw, STATISTICS)),
        rebuild: stack(rebuild, writeLocked(locks.rw, STATISTICS)),
      },
      hooks: {
        async count({ origin, flight }) {
          await statistics.modify({ iata: origin }, (value) => countFlight(value, flight!));
        },
      },
      shared: { watch },
    };
  },
});
