/** What identifies a flight. */
export interface FlightKey {
  /** Departure in local time, to the minute, such as `2001-01-01T06:55`. */
  departedAt: string;
  /** IATA code of the airport that it left, such as `LAX`. */
  origin: string;
  /** IATA code of the airport that it went to, such as `BNA`. */
  destination: string;
}

/**
 * Derives the id of a flight from what identifies it.
 *
 * Equal flights have equal ids, so a flight that is reported again is found rather than stored
 * twice. The id consists of letters, digits and `-`: it is a valid key in a bucket and a valid
 * token in a subject. Ids sort by departure.
 *
 * @throws {RangeError} If the departure is no date and time or an airport is no IATA code.
 * @example An id
 * ```ts
 * import { flightId } from "./flight_id.ts";
 *
 * const id = flightId({ departedAt: "2001-01-01T06:55", origin: "LAX", destination: "BNA" });
 * if (id !== "2001-01-01T0655-LAX-BNA") throw new Error(id);
 * ```
 */
export function flightId({ departedAt, origin, destination }: FlightKey): string {
  requireDeparture(departedAt);
  requireIata("origin", origin);
  requireIata("destination", destination);
  return `${departedAt.replace(":", "")}-${origin}-${destination}`;
}

/** The airport that the flight of an id left; undefined if it is not the id of a flight. */
export function originOf(id: string): string | undefined {
  return /^\d{4}-\d\d-\d\dT\d{4}-([A-Z0-9]{3,4})-[A-Z0-9]{3,4}$/.exec(id)?.[1];
}

function requireDeparture(departedAt: string): void {
  // Read as UTC and written again: what is not a real date and time comes back different.
  const time = new Date(`${departedAt}Z`);
  if (!Number.isNaN(time.getTime()) && time.toISOString().slice(0, 16) === departedAt) return;
  throw new RangeError(
    `Cannot derive a flight id as departedAt must be a date and time like "2001-01-01T06:55": ` +
      `current value is ${JSON.stringify(departedAt)}`,
  );
}

function requireIata(field: string, code: string): void {
  if (/^[A-Z0-9]{3,4}$/.test(code)) return;
  throw new RangeError(
    `Cannot derive a flight id as ${field} must be three or four capital letters or digits: ` +
      `current value is ${JSON.stringify(code)}`,
  );
}
