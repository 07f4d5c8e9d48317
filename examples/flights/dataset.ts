import { readFile } from "node:fs/promises";
import type { FlightKey } from "./flight_id.ts";

/** A flight of the data set, in the fields of `flights.v1.ReportRequest`. */
export interface ReportedFlight extends FlightKey {
  /** Delay on arrival in minutes; negative if the flight came in early. */
  delayMinutes: number;
  /** Distance flown in miles. */
  distanceMiles: number;
}

/** A row as it stands in the file. */
interface Row {
  date: string;
  delay: number;
  distance: number;
  origin: string;
  destination: string;
}

/**
 * Reads the 2,000 flights that lie beside this file, in order of departure.
 *
 * Dates become ISO 8601: `2001/01/01 06:55` is read as `2001-01-01T06:55`.
 */
export async function loadFlights(): Promise<ReportedFlight[]> {
  const text = await readFile(new URL("./data/flights-2k.json", import.meta.url), "utf8");
  return (JSON.parse(text) as Row[]).map(toReportedFlight);
}

function toReportedFlight({ date, delay, distance, origin, destination }: Row): ReportedFlight {
  return {
    departedAt: date.replaceAll("/", "-").replace(" ", "T"),
    delayMinutes: delay,
    distanceMiles: distance,
    origin,
    destination,
  };
}
