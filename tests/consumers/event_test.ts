import assert from "node:assert/strict";
import { test } from "node:test";
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { defineEvent, type EventDefinition, type TokenField } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { type EventOption, reported } from "./_messages.ts";

/** Whether two types are the same one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

/** Fails to compile unless the types are the same one. */
function same<A, B>(..._: Same<A, B> extends true ? [] : ["these types differ"]): void {}

/** What a message of `reported()` holds. */
const FIELDS = {
  ticketId: "7",
  number: -3,
  total: 9_007_199_254_740_993n,
  isLate: true,
  level: 2,
  path: "a.b",
  flight: { id: "UA1", leg: 4 },
} as MessageInitShape<DescMessage>;

test("defineEvent() types the subject from the message's fields", () => {
  interface Paid {
    id: string;
    amount: number;
    at: bigint;
    isCash: boolean;
    note?: string;
    lines: string[];
  }
  same<TokenField<Paid>, "id" | "amount" | "at" | "isCash">();
  const paid = defineEvent(json<Paid>(), { subject: "order.paid.{id}.{amount}" });
  same<
    typeof paid,
    EventDefinition<Paid, Paid, { readonly id: string; readonly amount: string }>
  >();
  same<
    ReturnType<typeof paid.subject.match>,
    { readonly id: string; readonly amount: string } | undefined
  >();
  // @ts-expect-error The message has no such field.
  defineEvent(json<Paid>(), { subject: "order.paid.{region}" });
  // @ts-expect-error A field that may be missing is no token.
  defineEvent(json<Paid>(), { subject: "order.paid.{note}" });
  // @ts-expect-error A list is no token.
  defineEvent(json<Paid>(), { subject: "order.paid.{id}.{lines}" });
  // @ts-expect-error Nothing else can say what the subject is.
  assert.throws(() => defineEvent(json<Paid>()), { name: "TypeError" });
  // @ts-expect-error The id is made of the event.
  defineEvent(json<Paid>(), { subject: "order.paid", id: (event) => event.region });
});

test("subjectOf() writes texts, whole numbers and booleans as tokens, and refuses the rest", () => {
  type Row = { value: string | number | bigint | boolean };
  const row = defineEvent(json<Row>(), { subject: "row.{value}" });
  const cases: [value: unknown, token: string | undefined][] = [
    ["a", "a"],
    [7, "7"],
    [-7, "-7"],
    [0, "0"],
    [9_007_199_254_740_993n, "9007199254740993"],
    [true, "true"],
    [false, "false"],
    ["", undefined],
    ["a.b", undefined],
    ["a*", undefined],
    [1.5, undefined],
    [2 ** 60, undefined],
    [Number.NaN, undefined],
    [undefined, undefined],
    [null, undefined],
    [["a"], undefined],
    [{ toString: () => "a" }, undefined],
  ];
  for (const [value, token] of cases) {
    const act = () => row.subjectOf({ value } as Row);
    if (token === undefined) assert.throws(act, { code: "invalid_argument", message: /\{value\}/ });
    else assert.equal(act(), `row.${token}`);
  }
});

test("defineEvent() takes the subject and the id of the .proto", () => {
  const cases: [option: EventOption, wanted: string, id: string | undefined][] = [
    [{ subject: "t.{ticket_id}" }, "t.7", undefined],
    [{ subject: "t.{ticketId}" }, "t.7", undefined],
    [
      { subject: "t.{number}.{total}.{is_late}.{level}" },
      "t.-3.9007199254740993.true.2",
      undefined,
    ],
    [{ subject: "t.{ticket_id}.{path...}" }, "t.7.a.b", undefined],
    [{ subject: "t", id: "{ticket_id}" }, "t", "7"],
    [{ subject: "t", id: "n-{number}/{flight.id}-{flight.leg}" }, "t", "n--3/UA1-4"],
  ];
  for (const [option, wanted, id] of cases) {
    const event = defineEvent(reported(option));
    const message = event.complete(FIELDS);
    assert.equal(event.subjectOf(message), wanted);
    assert.equal(event.id?.(message), id);
    assert.deepEqual(event.codec.decode(event.codec.encode(message)), message);
  }
});

test("defineEvent() prefers what the code says to what the .proto says", () => {
  const event = defineEvent(reported({ subject: "t.{ticket_id}", id: "{ticket_id}" }), {
    subject: "other.{number}",
    id: () => "mine",
  } as object);
  const message = event.complete(FIELDS);
  assert.deepEqual([event.subjectOf(message), event.id?.(message)], ["other.-3", "mine"]);
  assert.equal(event.typeName, "t.v1.Reported");
});

test("defineEvent() names what is no field that can be a token", () => {
  const cases: [option: EventOption | undefined, message: RegExp][] = [
    [undefined, /must have a subject: .*\(shizuku\.v1\.event\)/],
    [{}, /must have a subject/],
    [
      { subject: "t.{airport}" },
      /\{airport\} of "t\.\{airport\}" must be a field.*ticket_id, number/,
    ],
    [{ subject: "t.{weight}" }, /\{weight\} .*must be a text, a whole number.*weight \(double\)/],
    [{ subject: "t.{raw}" }, /raw \(bytes\)/],
    [{ subject: "t.{tags}" }, /tags \(list\)/],
    [{ subject: "t.{flight}" }, /flight \(message\)/],
    [{ subject: "t.{code}" }, /code \(string in kind\)/],
    [{ subject: "t.{number...}" }, /\{number\} .*must be a text,.*number \(int32\)/],
    [{ subject: "t..x" }, /Cannot use subject template/],
    [{ subject: "t", id: "fixed" }, /its id must have a \{field\}: current value is "fixed"/],
    [{ subject: "t", id: "{nobody}" }, /\{nobody\}/],
    [{ subject: "t", id: "{flight}" }, /\{flight\}/],
    [{ subject: "t", id: "{flight.airport}" }, /\{flight\.airport\}/],
    [{ subject: "t", id: "{ticket_id.x}" }, /\{ticket_id\.x\}/],
  ];
  for (const [option, message] of cases) {
    assert.throws(() => defineEvent(reported(option)), { name: "TypeError", message });
  }
  const given = { subject: "t.{nobody}" } as object;
  assert.throws(() => defineEvent(reported(undefined), given), { message: /\{nobody\}/ });
});

test("an id of the .proto that is not set is an error of the event", () => {
  const event = defineEvent(reported({ subject: "t", id: "{flight.id}" }));
  for (const fields of [{}, { flight: {} }]) {
    assert.throws(() => event.id!(event.complete(fields as MessageInitShape<DescMessage>)), {
      code: "invalid_argument",
      message: "Cannot identify an event t.v1.Reported as flight.id must be set",
    });
  }
});

test("defineEvent() takes headers as a record, or from the event", () => {
  const codec = json<{ id: string }>();
  const fixed = defineEvent(codec, { subject: "a", headers: { source: "tower" } });
  assert.deepEqual(fixed.headersOf?.({ id: "7" }), { source: "tower" });
  const made = defineEvent(codec, { subject: "a", headers: ({ id }) => ({ id }) });
  assert.deepEqual(made.headersOf?.({ id: "7" }), { id: "7" });
  assert.equal(defineEvent(codec, { subject: "a" }).headersOf, undefined);
  assert.throws(() => defineEvent(codec, { subject: "a", headers: { "Nats-Msg-Id": "7" } }), {
    code: "invalid_argument",
    message: /Nats-\*/,
  });
});
