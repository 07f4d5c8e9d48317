import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { headers as createHeaders, type Msg } from "@nats-io/nats-core";
import {
  checkHeaders,
  type HeadersRecord,
  MessageHeaders,
  subject,
  SubjectRouter,
  writeHeaders,
} from "../../src/core/mod.ts";
import { startWorld } from "../_support/world.ts";
import { template, token } from "./_subjects.ts";

test("Subject.match() and SubjectRouter agree with the routing of a real server", async () => {
  await using world = await startWorld();
  const { nc } = world;
  const [templates] = fc.sample(
    fc.uniqueArray(template, {
      minLength: 40,
      maxLength: 60,
      selector: (t) => subject<string>(t).filter,
    }),
    { numRuns: 1, seed: 7 },
  );
  const subjects = fc.sample(fc.array(token, { minLength: 1, maxLength: 6 }), {
    numRuns: 400,
    seed: 7,
  })
    .map((tokens) => `${tokens.join(".")}`)
    .filter((text) => !text.startsWith("$"));

  const router = new SubjectRouter<null, string>();
  const received = new Map<string, string[]>();
  const subscriptions = templates!.map((text) => {
    const { filter } = subject<string>(text);
    router.add<string>(text, () => text);
    return nc.subscribe(filter, {
      callback: (_, message) => void received.get(message.subject)?.push(text),
    });
  });
  for (const text of subjects) received.set(text, []);
  for (const text of received.keys()) nc.publish(text);
  await nc.flush();
  for (const subscription of subscriptions) await subscription.drain();

  for (const [text, deliveredTo] of received) {
    const matching = templates!.filter((each) => subject<string>(each).match(text) !== undefined);
    assert.deepEqual(deliveredTo.sort(), matching.sort(), text);
    const route = router.find(text)?.template;
    assert.ok(route === undefined ? deliveredTo.length === 0 : deliveredTo.includes(route), text);
  }
});

test("Subject.format() makes subjects that arrive as they are, up to the longest", async () => {
  await using world = await startWorld();
  const { format, filter, match } = subject("data.{value}");
  const received: string[] = [];
  const subscription = world.nc.subscribe(filter, {
    callback: (_, message) => void received.push(match(message.subject)!.value),
  });
  const values = [
    ...fc.sample(token, { numRuns: 200, seed: 3 }),
    "x".repeat(3_835),
    "ü".repeat(1_917),
  ];
  for (const value of values) {
    world.nc.publish(format({ value }), "x", { reply: `_INBOX.${"r".repeat(100)}` });
  }
  await world.nc.flush();
  await subscription.drain();
  assert.deepEqual(received, values);
});

test("checkHeaders() lets through what arrives as it was written", async () => {
  const text = fc.oneof(
    { weight: 6, arbitrary: fc.stringMatching(/^[!-~](?:[ -~]{0,20}[!-~])?$/) },
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "",
      "a b",
      "x:y",
      "ü",
      " a",
      "a ",
      "a\r\nNats-Msg-Id: 1",
      "a,b",
      "=?utf-8?q?=C3",
    ),
  );
  const name = fc.oneof(
    fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,8}$/),
    fc.constantFrom(
      "x-a",
      "X-A",
      "Nats-Msg-Id",
      "nats-x",
      "SHIZUKU-y",
      "a b",
      "a:b",
      "",
      "é",
      "__proto__",
    ),
  );
  const records = fc.sample(
    fc.array(fc.tuple(name, fc.array(text, { minLength: 1, maxLength: 3 })), { maxLength: 4 }),
    { numRuns: 500, seed: 11 },
  ).map((entries) => Object.fromEntries(entries) as HeadersRecord);
  const good = records.filter((record) => Object.keys(record).length > 0 && passes(record));
  assert.ok(good.length > 50 && good.length < records.length);

  await using world = await startWorld();
  const received: Msg[] = [];
  const subscription = world.nc.subscribe("headers", {
    callback: (_, message) => void received.push(message),
  });
  for (const record of good) {
    const target = createHeaders();
    writeHeaders(record, target);
    world.nc.publish("headers", "x", { headers: target });
  }
  await world.nc.flush();
  await subscription.drain();
  const arrived = received.map((message) => MessageHeaders.from(message.headers).toRecord());
  assert.deepEqual(arrived, good);
  for (const record of good) {
    assert.ok(Object.keys(record).every((name) => !/^(nats|shizuku)-/i.test(name)));
  }
});

function passes(record: HeadersRecord): boolean {
  try {
    checkHeaders(record);
    return true;
  } catch {
    return false;
  }
}
