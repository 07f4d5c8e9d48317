import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAirports } from "../../../examples/flights/airports.ts";
import { loadFlights } from "../../../examples/flights/dataset.ts";
import { flightId } from "../../../examples/flights/flight_id.ts";
import {
  type AirportDelays,
  AirportDelaysSchema,
  type AirportStatistics,
  AirportStatisticsSchema,
} from "../../../examples/flights/gen/delays/v1/delays_pb.ts";
import {
  compareWorst,
  countFlight,
  toAirportDelays,
  worstAirports,
} from "../../../examples/flights/statistics.ts";
import { expectedAirports } from "./_expected.ts";

const ordFlight = (id: string, delayMinutes: number) => ({ id, origin: "ORD", delayMinutes });

test("countFlight() counts the first flight of an airport, however early it came in", () => {
  assert.deepEqual(
    countFlight(undefined, ordFlight("a", -12)),
    create(AirportStatisticsSchema, {
      iata: "ORD",
      flights: 1,
      totalDelayMinutes: -12,
      worstDelayMinutes: -12,
      lateFlights: 0,
      counted: ["a"],
    }),
  );
});

test("countFlight() adds to what was counted before and leaves it unchanged", () => {
  const first = countFlight(undefined, ordFlight("a", -12));
  const second = countFlight(first, ordFlight("b", 40));
  assert.deepEqual(
    second,
    create(AirportStatisticsSchema, {
      iata: "ORD",
      flights: 2,
      totalDelayMinutes: 28,
      worstDelayMinutes: 40,
      lateFlights: 1,
      counted: ["a", "b"],
    }),
  );
  assert.deepEqual(first?.counted, ["a"]);
});

test("countFlight() calls a flight late from the 16th minute on", () => {
  assert.equal(countFlight(undefined, ordFlight("a", 15))?.lateFlights, 0);
  assert.equal(countFlight(undefined, ordFlight("a", 16))?.lateFlights, 1);
});

test("countFlight() counts no flight twice", () => {
  const counted = countFlight(countFlight(undefined, ordFlight("a", 1)), ordFlight("b", 2));
  assert.equal(countFlight(counted, ordFlight("a", 1)), undefined);
  assert.equal(countFlight(counted, ordFlight("b", 2)), undefined);
});

test("countFlight() refuses a flight of another airport", () => {
  const ord = countFlight(undefined, ordFlight("a", 1));
  assert.throws(() => countFlight(ord, { id: "b", origin: "LAX", delayMinutes: 1 }), {
    name: "RangeError",
    message: 'Cannot count flight b as its origin must be "ORD": current value is "LAX"',
  });
});

test("countFlight() and toAirportDelays() agree with the file in any order of delivery", async (t) => {
  const flights = (await loadFlights()).map((flight) => ({ ...flight, id: flightId(flight) }));
  const orders = {
    "in order": flights,
    "backwards": flights.toReversed(),
    "each twice": flights.flatMap((flight) => [flight, flight]),
    "all, then all again": [...flights, ...flights],
  };
  const airports = await loadAirports();
  const expected = await expectedAirports();
  assert.equal(expected.size, 155);
  for (const [name, delivered] of Object.entries(orders)) {
    await t.test(name, () => {
      const counted = new Map<string, AirportStatistics>();
      for (const flight of delivered) {
        const next = countFlight(counted.get(flight.origin), flight);
        if (next) counted.set(flight.origin, next);
      }
      assert.deepEqual([...counted.keys()].sort(), [...expected.keys()].sort());
      for (const [iata, { totalDelayMinutes, lateFlights, ...figures }] of expected) {
        const statistics = counted.get(iata)!;
        assert.equal(statistics.totalDelayMinutes, totalDelayMinutes);
        assert.equal(statistics.lateFlights, lateFlights);
        const delays = toAirportDelays(statistics, airports.get(iata));
        assert.equal(delays.name, airports.get(iata)!.name);
        assert.deepEqual({ ...delays, ...figures }, { ...delays });
      }
    });
  }
});

test("toAirportDelays() names an airport that the directory does not know by its code", () => {
  const delays = toAirportDelays(countFlight(undefined, ordFlight("a", 20))!, undefined);
  assert.equal(delays.name, "ORD");
  assert.equal(delays.city, "");
  assert.equal(delays.latitude, undefined);
  assert.equal(delays.meanDelayMinutes, 20);
  assert.equal(delays.shareLate, 1);
});

test("toAirportDelays() of no flights divides by nothing", () => {
  const delays = toAirportDelays(create(AirportStatisticsSchema, { iata: "ORD" }), undefined);
  assert.equal(delays.meanDelayMinutes, 0);
  assert.equal(delays.shareLate, 0);
});

const airport = (iata: string, meanDelayMinutes: number, flights: number): AirportDelays =>
  create(AirportDelaysSchema, { iata, meanDelayMinutes, flights });

const worst = [
  airport("RST", 142, 1),
  airport("MSY", 30.5, 12),
  airport("AAA", 30.5, 2),
  airport("BBB", 30.5, 2),
  airport("ORD", 7.25, 119),
  airport("TYS", -26, 1),
];

test("compareWorst() orders by mean delay, then flights, then code, whatever the input's order", () => {
  for (let shift = 0; shift < worst.length; shift++) {
    const rotated = [...worst.slice(shift), ...worst.slice(0, shift)];
    assert.deepEqual(rotated.sort(compareWorst), worst);
    assert.deepEqual(rotated.reverse().sort(compareWorst), worst);
  }
  assert.equal(compareWorst(worst[0]!, worst[0]!), 0);
});

test("worstAirports() limits the list and leaves out airports with few flights", () => {
  const codes = (options: Parameters<typeof worstAirports>[1]) =>
    worstAirports(worst.toReversed(), options).map(({ iata }) => iata);
  assert.deepEqual(codes({ limit: 2 }), ["RST", "MSY"]);
  assert.deepEqual(codes({ limit: 2, minimumFlights: 2 }), ["MSY", "AAA"]);
  assert.deepEqual(codes({ minimumFlights: 120 }), []);
  assert.deepEqual(codes({ limit: 0, minimumFlights: 0 }), worst.map(({ iata }) => iata));
});

test("worstAirports() lists fifteen airports unless told otherwise", () => {
  const many = Array.from({ length: 40 }, (_, index) => airport(`A${index + 10}`, index, 1));
  assert.equal(worstAirports(many).length, 15);
  assert.equal(worstAirports(many)[0]?.iata, "A49");
});
