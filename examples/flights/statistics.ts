import { create } from "@bufbuild/protobuf";
import type { Airport } from "./airports.ts";
import {
  type AirportDelays,
  AirportDelaysSchema,
  type AirportStatistics,
  AirportStatisticsSchema,
} from "./gen/delays/v1/delays_pb.ts";
import type { Flight } from "./gen/flights/v1/flights_pb.ts";

/** A flight is late if it arrives more than this many minutes behind schedule. */
export const LATE_AFTER_MINUTES = 15;

/**
 * Counts a flight at the airport that it left.
 *
 * The result holds the flight's id beside the sums. Stored by compare-and-set it counts a flight
 * once, however often that flight is delivered and whoever else counts at the same time.
 *
 * @param statistics What is stored for the airport, or undefined before its first flight.
 * @param flight A stored flight.
 * @return The new statistics, or undefined if the flight is counted already: nothing to store.
 * @throws {RangeError} If the flight left another airport.
 */
export function countFlight(
  statistics: AirportStatistics | undefined,
  flight: Pick<Flight, "id" | "origin" | "delayMinutes">,
): AirportStatistics | undefined {
  const { id, origin, delayMinutes } = flight;
  const before = statistics ?? create(AirportStatisticsSchema, { iata: origin });
  if (before.iata !== origin) {
    throw new RangeError(
      `Cannot count flight ${id} as its origin must be "${before.iata}": ` +
        `current value is "${origin}"`,
    );
  }
  if (before.counted.includes(id)) return undefined;
  return create(AirportStatisticsSchema, {
    iata: origin,
    flights: before.flights + 1,
    totalDelayMinutes: before.totalDelayMinutes + delayMinutes,
    worstDelayMinutes: before.flights === 0
      ? delayMinutes
      : Math.max(before.worstDelayMinutes, delayMinutes),
    lateFlights: before.lateFlights + (delayMinutes > LATE_AFTER_MINUTES ? 1 : 0),
    counted: [...before.counted, id],
  });
}

/**
 * Turns stored statistics into what others see.
 *
 * @param airport Its entry in the directory; without one the name is the IATA code and the place
 * stays unknown.
 */
export function toAirportDelays(
  statistics: AirportStatistics,
  airport: Airport | undefined,
): AirportDelays {
  const { iata, flights, totalDelayMinutes, worstDelayMinutes, lateFlights } = statistics;
  return create(AirportDelaysSchema, {
    iata,
    name: airport?.name ?? iata,
    city: airport?.city ?? "",
    state: airport?.state ?? "",
    latitude: airport?.latitude,
    longitude: airport?.longitude,
    flights,
    meanDelayMinutes: flights === 0 ? 0 : totalDelayMinutes / flights,
    worstDelayMinutes,
    shareLate: flights === 0 ? 0 : lateFlights / flights,
  });
}

/**
 * Orders airports from the worst to the best, for `sort()`.
 *
 * The higher mean delay comes first; of equal ones the one with more flights, then the one whose
 * IATA code is lower. No two airports are equal, so the order never depends on the input's.
 */
export function compareWorst(a: AirportDelays, b: AirportDelays): number {
  return b.meanDelayMinutes - a.meanDelayMinutes ||
    b.flights - a.flights ||
    (a.iata < b.iata ? -1 : a.iata > b.iata ? 1 : 0);
}

/** Which airports {@linkcode worstAirports} lists. */
export interface WorstAirportsOptions {
  /**
   * At most this many airports; 0 stands for the default.
   *
   * @default {15}
   */
  limit?: number;
  /**
   * Leaves out airports with fewer flights than this, whose mean says little.
   *
   * @default {0}
   */
  minimumFlights?: number;
}

/**
 * Lists the airports with the highest mean delay, the worst first.
 *
 * The options have the fields of `delays.v1.ListWorstRequest`.
 */
export function worstAirports(
  airports: Iterable<AirportDelays>,
  options: WorstAirportsOptions = {},
): AirportDelays[] {
  const { limit, minimumFlights = 0 } = options;
  return [...airports]
    .filter((airport) => airport.flights >= minimumFlights)
    .sort(compareWorst)
    .slice(0, limit || 15);
}
