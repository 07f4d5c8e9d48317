import { loadFlights } from "../../examples/flights/dataset.ts";
import { json } from "../../src/core/mod.ts";
import { defineEvent, type EventDefinition } from "../../src/consumers/mod.ts";

/** One flight of the data set, reported once more. */
export interface Report {
  /** Identifies the report: no two have the same. */
  readonly id: string;
  /** The airport that the flight left; reports of one airport are in order. */
  readonly origin: string;
  /** Its place among the reports of its airport, from 1. */
  readonly ordinal: number;
  /** Delay on arrival in minutes. */
  readonly delayMinutes: number;
}

/** The event of a report. */
export const reported: EventDefinition<Report, Report, { readonly origin: string }> = defineEvent(
  json<Report>(undefined, "soak.Report"),
  { subject: "soak.reported.{origin}", id: ({ id }) => id },
);

/** Names of what the workers and the one who watches them share. */
export const NAMES = { stream: "soak", component: "soak", hook: "count", bucket: "soak-effects" };

/** Makes so many reports of the 2,000 real flights, again and again from the first. */
export async function makeReports(count: number): Promise<Report[]> {
  const flights = await loadFlights();
  const ordinals = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    const { origin, delayMinutes } = flights[index % flights.length]!;
    const ordinal = (ordinals.get(origin) ?? 0) + 1;
    ordinals.set(origin, ordinal);
    return { id: `${index}`, origin, ordinal, delayMinutes };
  });
}
