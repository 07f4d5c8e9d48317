import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createContext, retry, stack, subject, SubjectRouter } from "../../src/core/mod.ts";
import { matchesNaively, template, token } from "./_subjects.ts";

/** A router whose routes answer with their template. */
function routerOf(...templates: string[]): SubjectRouter<string, string> {
  const router = new SubjectRouter<string, string>();
  for (const text of templates) router.add<string>(text, () => text);
  return router;
}

test("SubjectRouter.find() takes static before * before >, in any order of adding", () => {
  const templates = [
    "{all...}",
    "a.{rest...}",
    "a.{x}",
    "a.b",
    "a.{x}.c",
    "a.b.{y}",
    "a.b.{rest...}",
    "{x}.b.c",
  ];
  const cases: [subject: string, template: string | undefined][] = [
    ["z", "{all...}"],
    ["a", "{all...}"],
    ["a.b", "a.b"],
    ["a.z", "a.{x}"],
    ["a.b.c", "a.b.{y}"],
    ["a.z.c", "a.{x}.c"],
    ["a.z.z", "a.{rest...}"],
    ["a.b.c.d", "a.b.{rest...}"],
    ["z.b.c", "{x}.b.c"],
    ["z.b.z", "{all...}"],
    ["", undefined],
    ["a.", undefined],
    ["a..c", undefined],
    [".a", undefined],
  ];
  for (const order of [templates, templates.toReversed()]) {
    const router = routerOf(...order);
    for (const [text, wanted] of cases) assert.equal(router.find(text)?.template, wanted, text);
  }
});

test("SubjectRouter.find() goes back where a static token leads nowhere", () => {
  const router = routerOf("a.b.c", "a.{x}.d", "{y}.b.e");
  assert.equal(router.find("a.b.d")?.template, "a.{x}.d");
  assert.equal(router.find("a.b.e")?.template, "{y}.b.e");
  assert.equal(router.find("a.b.f"), undefined);
});

test("SubjectRouter.find() gives the parameters", () => {
  const router = routerOf("a.{x}.{rest...}");
  assert.deepEqual(router.find("a.1.2.3")?.params, { x: "1", rest: "2.3" });
});

test("SubjectRouter.add() names both routes of a collision", () => {
  const cases: [one: string, other: string][] = [
    ["a.b", "a.b"],
    ["a.{x}", "a.{y}"],
    ["a.{x...}", "a.{rest...}"],
    ["{x}.b.{y}", "{p}.b.{q}"],
  ];
  for (const [one, other] of cases) {
    assert.throws(() => routerOf(one, other), {
      name: "TypeError",
      message: `Cannot add route ${other} as it collides with ${one}`,
    });
  }
  routerOf("a.{x}", "a.{x...}", "a.b", "{x}.b");
});

test("SubjectRouter.add() refuses a template or a processor that is none", () => {
  assert.throws(() => routerOf("a..b"), TypeError);
  assert.throws(() => new SubjectRouter().add("a", 1 as never), TypeError);
});

test("SubjectRouter.nest() adds below a prefix, with its parameters", async () => {
  const router = new SubjectRouter<string, string>().nest("t.{tenant}", (tenant) => {
    tenant
      .add("open", (_, { params }) => params.tenant)
      .nest("ticket", (tickets) => {
        tickets.add("{id}", (input, { params }) => `${params.tenant} ${params.id} ${input}`);
      });
  });
  const dispatch = async (subject: string) =>
    await router.process("in", createContext({ subject }));
  assert.equal(await dispatch("t.acme.open"), "acme");
  assert.equal(await dispatch("t.acme.ticket.7"), "acme 7 in");
  assert.deepEqual(router.filters, ["t.*.open", "t.*.ticket.*"]);
  assert.throws(() => router.nest("t.{x}", (nested) => nested.add("open", () => "")), {
    message: "Cannot add route t.{x}.open as it collides with t.{tenant}.open",
  });
  assert.throws(() => router.nest("u.{x}", (nested) => nested.add("{x}", () => "")), TypeError);
});

test("SubjectRouter.process() gives input and context to processors of both forms", async () => {
  const router = new SubjectRouter<number, string>()
    .add("a.{x}", { process: (n, ctx) => `${n} ${ctx.params.x} ${ctx.subject} ${ctx.attempt}` })
    .add("b", stack((n: number) => `${n}`, retry()));
  const ctx = createContext({ subject: "a.1", attempt: 2 });
  assert.equal(await router.process(7, ctx), "7 1 a.1 2");
  assert.equal(await stack(router)(8, ctx.with({ subject: "b" })), "8");
});

test("SubjectRouter.process() refuses a subject without a route", () => {
  assert.throws(() => routerOf("a").process("", createContext({ subject: "b" })), {
    code: "unimplemented",
    stage: "pre",
    retryable: false,
    message: 'Cannot route "b": there is no route',
  });
});

test("SubjectRouter.find() agrees with NATS's rules, and takes the most specific route", () => {
  const tokens = fc.array(fc.oneof(token, fc.constant("")), { maxLength: 6 });
  fc.assert(
    fc.property(
      fc.uniqueArray(template, { maxLength: 12, selector: (text) => subject<string>(text).filter }),
      fc.array(tokens, { maxLength: 10 }),
      (templates, subjects) => {
        const router = routerOf(...templates);
        for (const text of subjects.map((each) => each.join("."))) {
          const fitting = templates
            .filter((each) => matchesNaively(subject<string>(each).filter, text))
            .sort((a, b) => rank(a) < rank(b) ? -1 : 1);
          assert.equal(router.find(text)?.template, fitting[0]);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

/** Static before `*` before `>`, from the first token on. */
function rank(text: string): string {
  const tokens = subject<string>(text).filter.split(".");
  return tokens.map((each) => each === ">" ? "2" : each === "*" ? "1" : "0").join("");
}
