import { readFile } from "node:fs/promises";

/** An airport in the directory. */
export interface Airport {
  /** IATA code, such as `ORD`. */
  iata: string;
  /** Name, such as `Chicago O'Hare International`. */
  name: string;
  /** City, such as `Chicago`. */
  city: string;
  /** State or territory by its two letters, such as `IL`. */
  state: string;
  /** Degrees north. */
  latitude: number;
  /** Degrees east, so negative in America. */
  longitude: number;
}

/**
 * Reads the directory of airports that lies beside this file.
 *
 * @return Airports by IATA code.
 */
export async function loadAirports(): Promise<Map<string, Airport>> {
  return parseAirports(await readFile(new URL("./data/airports.csv", import.meta.url), "utf8"));
}

/**
 * Parses a directory of airports.
 *
 * @param csv Rows under a header that names at least `iata`, `name`, `city`, `state`, `latitude`
 * and `longitude`, in any order.
 * @return Airports by IATA code, in the order of the rows.
 * @throws {SyntaxError} If a column is missing, a row has too few or too many fields, a coordinate
 * is no number or a quote stays open.
 */
export function parseAirports(csv: string): Map<string, Airport> {
  const [header = [], ...rows] = parseCsv(csv);
  const column = columnsOf(header);
  const airports = new Map<string, Airport>();
  rows.forEach((row, index) => {
    if (row.length !== header.length) {
      throw new SyntaxError(
        `Cannot parse airport ${index + 1} as it must have ${header.length} fields: ` +
          `current number is ${row.length}`,
      );
    }
    const text = (name: Column) => row[column[name]] ?? "";
    airports.set(text("iata"), {
      iata: text("iata"),
      name: text("name"),
      city: text("city"),
      state: text("state"),
      latitude: toDegrees("latitude", text("latitude"), text("iata")),
      longitude: toDegrees("longitude", text("longitude"), text("iata")),
    });
  });
  return airports;
}

const COLUMNS = ["iata", "name", "city", "state", "latitude", "longitude"] as const;
type Column = typeof COLUMNS[number];

function columnsOf(header: string[]): Record<Column, number> {
  const missing = COLUMNS.filter((name) => !header.includes(name));
  if (missing.length > 0) {
    throw new SyntaxError(
      `Cannot parse airports as the header must name ${missing.join(", ")}: ` +
        `current header is ${JSON.stringify(header.join(","))}`,
    );
  }
  return Object.fromEntries(COLUMNS.map((name) => [name, header.indexOf(name)])) as Record<
    Column,
    number
  >;
}

function toDegrees(field: Column, text: string, iata: string): number {
  const degrees = Number(text);
  if (text !== "" && Number.isFinite(degrees)) return degrees;
  throw new SyntaxError(
    `Cannot parse airport ${iata} as ${field} must be a number: ` +
      `current value is ${JSON.stringify(text)}`,
  );
}

/** Splits RFC 4180 text into rows of fields; a quoted field may hold commas, quotes and newlines. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // One field and what ends it: a comma, the end of the line or the end of the text.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (field.lastIndex < csv.length || row.length > 0) {
    const start = field.lastIndex;
    const match = field.exec(csv);
    if (match === null) {
      throw new SyntaxError(`Cannot parse CSV as the quotes at offset ${start} do not match`);
    }
    const [, quoted, plain = "", end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
