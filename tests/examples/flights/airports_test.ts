import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAirports, parseAirports } from "../../../examples/flights/airports.ts";
import { loadFlights } from "../../../examples/flights/dataset.ts";

const header = "iata,name,city,state,country,latitude,longitude";

test("loadAirports() reads every row of the directory", async () => {
  const airports = await loadAirports();
  assert.equal(airports.size, 3_376);
  assert.deepEqual(airports.get("ORD"), {
    iata: "ORD",
    name: "Chicago O'Hare International",
    city: "Chicago",
    state: "IL",
    latitude: 41.979595,
    longitude: -87.90446417,
  });
});

test("loadAirports() knows both ends of every flight", async () => {
  const airports = await loadAirports();
  for (const { origin, destination } of await loadFlights()) {
    assert.ok(airports.has(origin), origin);
    assert.ok(airports.has(destination), destination);
  }
});

test("loadAirports() reads quoted fields", async () => {
  const airports = await loadAirports();
  assert.equal(airports.get("BTR")?.name, "Baton Rouge Metropolitan, Ryan");
  assert.equal(airports.get("DBN")?.name, 'W. H. "Bud" Barron');
  assert.equal(airports.get("N25")?.city, "Westport, NY");
});

test("parseAirports() reads any order of columns, CRLF, and a last line without an end", () => {
  const airports = parseAirports(
    'latitude,longitude,state,city,name,iata\r\n1.5,-2,"","a\nb","say ""hi""",AAA\r\n3,4,,,,BBB',
  );
  assert.deepEqual([...airports.values()], [
    { iata: "AAA", name: 'say "hi"', city: "a\nb", state: "", latitude: 1.5, longitude: -2 },
    { iata: "BBB", name: "", city: "", state: "", latitude: 3, longitude: 4 },
  ]);
});

test("parseAirports() keeps the order of the rows and an empty directory", () => {
  const csv = `${header}\nZZZ,,,,,0,0\nAAA,,,,,0,0\n`;
  assert.deepEqual([...parseAirports(csv).keys()], ["ZZZ", "AAA"]);
  assert.equal(parseAirports(header).size, 0);
  assert.equal(parseAirports(`${header}\n`).size, 0);
});

test("parseAirports() names what is wrong", async (t) => {
  const cases: [name: string, csv: string, message: RegExp][] = [
    ["no header", "", /the header must name iata, name, city, state, latitude, longitude/],
    ["a missing column", "iata,name,city,state,latitude\n", /the header must name longitude:/],
    ["too few fields", `${header}\nAAA,1,2\n`, /airport 1 .* 7 fields: current number is 3/],
    ["too many fields", `${header}\nA,,,,,0,0,x\n`, /airport 1 .* 7 fields: current number is 8/],
    ["an empty latitude", `${header}\nAAA,,,,,,0\n`, /AAA as latitude .* current value is ""/],
    ["a wrong longitude", `${header}\nAAA,,,,,0,x\n`, /AAA as longitude .* current value is "x"/],
    ["an open quote", `${header}\nAAA,"x,,,,0,0\n`, /the quotes at offset \d+ do not match/],
    ["text after a quote", `${header}\nAAA,"x"y,,,,0,0\n`, /the quotes at offset \d+ do not match/],
    ["a quote in a plain field", `${header}\nAAA,x"y,,,,0,0\n`, /the quotes at offset \d+ do not/],
  ];
  for (const [name, csv, message] of cases) {
    await t.test(name, () => {
      assert.throws(() => parseAirports(csv), { name: "SyntaxError", message });
    });
  }
});
