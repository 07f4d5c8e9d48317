import assert from "node:assert/strict";
import { test } from "node:test";
import { loadFlights } from "../../../examples/flights/dataset.ts";
import { flightId } from "../../../examples/flights/flight_id.ts";

const key = { departedAt: "2001-01-01T06:55", origin: "LAX", destination: "BNA" };

test("flightId() joins departure, origin and destination", () => {
  assert.equal(flightId(key), "2001-01-01T0655-LAX-BNA");
});

test("flightId() depends on the key alone, not on other fields", () => {
  const withDelay = { ...key, delayMinutes: 7 };
  assert.equal(flightId(withDelay), flightId(key));
});

test("flightId() tells every flight of the data set apart and fits keys and subjects", async () => {
  const flights = await loadFlights();
  const ids = flights.map(flightId);
  assert.equal(flights.length, 2_000);
  assert.equal(new Set(ids).size, 2_000);
  for (const id of ids) assert.match(id, /^[-_A-Za-z0-9=]+$/);
});

test("flightId() sorts by departure", async () => {
  const flights = await loadFlights();
  const byId = flights.toSorted((a, b) => flightId(a) < flightId(b) ? -1 : 1);
  const departures = byId.map((flight) => flight.departedAt);
  assert.deepEqual(departures, flights.map((flight) => flight.departedAt).sort());
});

test("flightId() refuses what is no date and time", async (t) => {
  const refused = [
    "",
    "2001-01-01",
    "2001-01-01 06:55",
    "2001-01-01T06:55:00",
    "2001-01-01T06:55Z",
    "2001-02-29T06:55",
    "2001-01-01T24:00",
    "2001-01-01T06:60",
    "2001-01-01T06:55+01:00",
    "now",
  ];
  for (const departedAt of refused) {
    await t.test(JSON.stringify(departedAt), () => {
      assert.throws(() => flightId({ ...key, departedAt }), {
        name: "RangeError",
        message: `Cannot derive a flight id as departedAt must be a date and time like ` +
          `"2001-01-01T06:55": current value is ${JSON.stringify(departedAt)}`,
      });
    });
  }
});

test("flightId() refuses airports that could turn into routing", async (t) => {
  for (const code of ["", "LA", "LAXXX", "lax", "LA.", "*", ">", "L X", "LÄX", "LAX\n"]) {
    await t.test(JSON.stringify(code), () => {
      assert.throws(() => flightId({ ...key, origin: code }), /as origin must be/);
      assert.throws(() => flightId({ ...key, destination: code }), /as destination must be/);
    });
  }
});
