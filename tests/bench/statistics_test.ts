import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { median, noiseOf, percentile, significant } from "../../bench/frame/statistics.ts";

test("median() is the middle one, or between the two middle ones", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("median() lies among the values, whatever their order", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (values) => {
      const middle = median(values);
      assert.equal(median([...values].reverse()), middle);
      const below = values.filter((value) => value <= middle).length;
      const above = values.filter((value) => value >= middle).length;
      assert.ok(below >= values.length / 2 && above >= values.length / 2);
    }),
    { examples: [[[-0, 0, 5e-324]]] },
  );
});

test("percentile() takes a value that is there", () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index);
  assert.equal(percentile(sorted, 0.5), 50);
  assert.equal(percentile(sorted, 0.99), 99);
  assert.equal(percentile([7], 0.99), 7);
});

test("noiseOf() grows with the scatter, falls with the rounds, and forgives one wild round", () => {
  const calm = noiseOf([1, 1.01, 0.99, 1, 1.02]);
  assert.ok(noiseOf([1, 1.2, 0.8, 1.1, 0.9]) > calm);
  assert.ok(noiseOf([1, 1.01, 0.99, 9, 1.02]) < 0.05);
  const twice = [1, 1.01, 0.99, 1, 1.02, 1, 1.01, 0.99, 1, 1.02];
  assert.ok(noiseOf(twice) < calm);
  assert.equal(noiseOf([1, 1]), Infinity);
});

test("significant() keeps the digits that count", () => {
  assert.equal(significant(123456), 123500);
  assert.equal(significant(0.00123456), 0.001235);
  assert.ok(Number.isNaN(significant(Number.NaN)));
});
