import { readFile } from "node:fs/promises";

/** What the application must show for one airport once it has counted every flight. */
export interface ExpectedAirport {
  iata: string;
  flights: number;
  totalDelayMinutes: number;
  meanDelayMinutes: number;
  worstDelayMinutes: number;
  lateFlights: number;
  shareLate: number;
}

/**
 * Computes every airport's figures straight from the data file.
 *
 * It shares no code with the example, so that agreement between the two means something.
 *
 * @param range Indices of the first flight to count and of the one after the last; all by default.
 * @return Figures by the airports' IATA codes.
 */
export async function expectedAirports(
  range: { from?: number; to?: number } = {},
): Promise<Map<string, ExpectedAirport>> {
  const file = new URL("../../../examples/flights/data/flights-2k.json", import.meta.url);
  const rows = JSON.parse(await readFile(file, "utf8")) as { origin: string; delay: number }[];
  const delaysByOrigin: Record<string, number[]> = {};
  for (const { origin, delay } of rows.slice(range.from, range.to)) {
    (delaysByOrigin[origin] ??= []).push(delay);
  }
  return new Map(
    Object.entries(delaysByOrigin).map(([iata, delays]) => {
      const totalDelayMinutes = delays.reduce((sum, delay) => sum + delay, 0);
      const lateFlights = delays.filter((delay) => delay > 15).length;
      return [iata, {
        iata,
        flights: delays.length,
        totalDelayMinutes,
        meanDelayMinutes: totalDelayMinutes / delays.length,
        worstDelayMinutes: Math.max(...delays),
        lateFlights,
        shareLate: lateFlights / delays.length,
      }];
    }),
  );
}
