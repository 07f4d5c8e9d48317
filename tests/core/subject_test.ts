import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ShizukuError, subject } from "../../src/core/mod.ts";
import { matchesNaively, template, token } from "./_subjects.ts";

test("subject() reads templates", () => {
  const cases: [template: string, filter: string, names: string[]][] = [
    ["order", "order", []],
    ["order.paid", "order.paid", []],
    ["order.{id}", "order.*", ["id"]],
    ["{region}.order.{id}", "*.order.*", ["region", "id"]],
    ["{a}.{b}.{c}", "*.*.*", ["a", "b", "c"]],
    ["order.{rest...}", "order.>", ["rest"]],
    ["{all...}", ">", ["all"]],
    ["order.{id}.{rest...}", "order.*.>", ["id", "rest"]],
    ["Grüße.{Wer_2}", "Grüße.*", ["Wer_2"]],
    ["$JS.{x}", "$JS.*", ["x"]],
  ];
  for (const [text, filter, names] of cases) {
    const read = subject<string>(text);
    assert.deepEqual([read.template, read.filter, read.names], [text, filter, names]);
  }
});

test("subject() refuses what is no template", () => {
  const bad = [
    ..."|.|a.|.a|a..b|a b|a\tb|a.*|a.>|*|>|a*|{|}|{}|a.{}|{a b}|{1}|a.{x}y|y{x}|{x}{y}".split("|"),
    ..."{x}.{x}|{r...}.a|{r...}.{s...}|{r..}|{r....}|{__proto__}|a\u0000|a\u0085|a\u00a0b|\ud800"
      .split("|"),
  ];
  for (const text of bad) {
    assert.throws(() => subject<string>(text), {
      name: "TypeError",
      message: /^Cannot use subject template as it must be tokens .+: current value is "/,
    }, text);
  }
});

test("Subject.format() fills in the parameters", () => {
  assert.equal(subject("a.{x}.b.{y}").format({ x: "1", y: "2" }), "a.1.b.2");
  assert.equal(subject("a.{rest...}").format({ rest: "1.2.3" }), "a.1.2.3");
  assert.equal(subject("{x}").format({ x: "Grüße-😀_/=:" }), "Grüße-😀_/=:");
  assert.equal(subject("a.b").format({}), "a.b");
  assert.equal(subject("a.{toString}").format({ toString: "x" }), "a.x");
});

test("Subject.format() refuses values that would be more than data", () => {
  const bad = [
    ...["", ".", "a.b", "*", ">", "a*", ">a", " ", "a b", "\t", "\r\n", "a\u0000", "\u007f"],
    ...["\u0085", "\u00a0", "\u2028", "\ufeff", "\ud800", "a\udc00", undefined, null, 7, {}],
  ];
  for (const value of bad) {
    assert.throws(() => subject("a.{x}").format({ x: value as string }), {
      code: "invalid_argument",
      stage: "pre",
      message:
        /^Cannot format subject a\.\{x\} as \{x\} must be a token without .+: current value is /,
    });
  }
  for (const value of ["", ".", ".a", "a.", "a..b", "a.*", "a.>", "a b.c"]) {
    assert.throws(() => subject("a.{x...}").format({ x: value }), { code: "invalid_argument" });
  }
});

test("Subject.format() makes no subject of the system's", () => {
  for (const value of ["$SYS", "$JS", "$"]) {
    assert.throws(() => subject("{x}.a").format({ x: value }), { code: "invalid_argument" });
    assert.throws(() => subject("{x...}").format({ x: `${value}.a` }), {
      code: "invalid_argument",
    });
    assert.equal(subject("a.{x}").format({ x: value }), `a.${value}`);
  }
});

test("Subject.format() makes no subject that is too long for a server", () => {
  const { format } = subject("a.{x}");
  assert.equal(format({ x: "x".repeat(3_838) }).length, 3_840);
  for (const x of ["x".repeat(3_839), "ü".repeat(1_920), "x".repeat(1e6)]) {
    assert.throws(() => format({ x }), {
      message: /must have at most 3840 bytes: current value is \d+$/,
    });
  }
});

test("Subject.format() does not repeat a long value", () => {
  assert.throws(() => subject("a.{x}").format({ x: " ".repeat(1e6) }), ({ message }) => {
    return message.length < 300;
  });
});

test("Subject.match() reads the parameters", () => {
  const cases: [template: string, text: string, params: object | undefined][] = [
    ["a.{x}.b.{y}", "a.1.b.2", { x: "1", y: "2" }],
    ["a.{x}.b.{y}", "a.1.c.2", undefined],
    ["a.{x}", "a", undefined],
    ["a.{x}", "a.", undefined],
    ["a.{x}", "a.1.2", undefined],
    ["a.{x}", "ab.1", undefined],
    ["{x}.a", "1.ab", undefined],
    ["{x}.a", "1.a.b", undefined],
    ["{x}.a", ".a", undefined],
    ["{x}.{y}", "1..2", undefined],
    ["a.b", "a.b", {}],
    ["a.b", "a.bc", undefined],
    ["a.b", "a", undefined],
    ["a.{r...}", "a.1.2", { r: "1.2" }],
    ["a.{r...}", "a", undefined],
    ["a.{r...}", "a.", undefined],
    ["a.{r...}", "a.1..2", undefined],
    ["a.{r...}", "a.1.", undefined],
    ["{r...}", "a", { r: "a" }],
    ["{r...}", "", undefined],
    ["{x}", "", undefined],
    ["{x}.{r...}", "a.b.c", { x: "a", r: "b.c" }],
  ];
  for (const [text, received, params] of cases) {
    assert.deepEqual(subject<string>(text).match(received), params, `${text} ${received}`);
  }
});

test("Subject.match() agrees with NATS's rules", () => {
  fc.assert(
    fc.property(
      template,
      fc.array(fc.oneof(token, fc.constant("")), { maxLength: 6 }),
      (text, tokens) => {
        const read = subject<string>(text);
        const received = tokens.join(".");
        const params = read.match(received);
        assert.equal(params !== undefined, matchesNaively(read.filter, received));
        if (params !== undefined && !received.startsWith("$")) {
          assert.equal(
            read.format(params),
            received,
          );
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test("Subject.match() gives back what Subject.format() was given, or format() refuses it", () => {
  const anything = fc.oneof(token, fc.string(), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(template, fc.array(anything, { minLength: 8, maxLength: 8 }), (text, values) => {
      const read = subject<string>(text);
      const params = Object.fromEntries(read.names.map((name, index) => [name, values[index]!]));
      let formatted: string;
      try {
        formatted = read.format(params);
      } catch (error) {
        assert.ok(ShizukuError.is(error));
        return;
      }
      assert.deepEqual({ ...read.match(formatted) }, params);
      assert.ok(matchesNaively(read.filter, formatted));
    }),
    { numRuns: 2_000 },
  );
});
