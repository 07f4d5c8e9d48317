import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { delaysApp, GET_AIRPORT, gzip, ORD, post } from "./_delays.ts";

const SHOUT = "/text.v1.TextService/shout";
const text = { "Content-Type": "text/plain" };

test("rpc() limits the message, however it comes", async (t) => {
  const app = delaysApp({ limits: { maxBodyBytes: 100 } });
  const cases: [string, (size: number) => Promise<RequestInit> | RequestInit][] = [
    ["declared length", (size) => post(words(size), { ...text, "Content-Length": `${size}` })],
    ["unknown length", (size) => streamed(words(size))],
    [
      "transfer coding",
      (size) =>
        post(words(size), { ...text, "Transfer-Encoding": "chunked", "Content-Length": "1" }),
    ],
    [
      "gzip",
      async (size) => post(await gzip(words(size)), { ...text, "Content-Encoding": "gzip" }),
    ],
  ];
  for (const [name, build] of cases) {
    await t.test(name, async () => {
      assert.equal(await (await app.request(SHOUT, await build(100))).text(), "X".repeat(100));
      const response = await app.request(SHOUT, await build(101));
      assert.equal(response.status, 429);
      assert.deepEqual(await response.json(), {
        code: "resource_exhausted",
        message: "Cannot read the request as its message must have at most 100 bytes",
      });
    });
  }
});

test("rpc() limits the message of a GET", async () => {
  const app = delaysApp({ limits: { maxBodyBytes: 10 } });
  const url = `${GET_AIRPORT}?encoding=json&message=${encodeURIComponent('{"iata":"ORD"}')}`;
  assert.equal((await app.request(url)).status, 429);
});

test("rpc() stops reading at the limit", async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1_000));
    },
  });
  const init = { ...post(null, text), body: endless, duplex: "half" };
  const response = await delaysApp({ limits: { maxBodyBytes: 10_000 } }).request(SHOUT, init);
  assert.equal(response.status, 429);
  assert.ok(pulled < 20, String(pulled));
});

test("rpc() stops at the limit of a gzip bomb", async () => {
  const bomb = await gzip(new Uint8Array(20_000_000));
  const init = post(bomb, { "Content-Encoding": "gzip" });
  assert.equal((await delaysApp().request(GET_AIRPORT, init)).status, 429);
});

test("rpc() reads gzip", async (t) => {
  const proto = { "Content-Type": "application/proto" };
  const message = btoa(String.fromCharCode(...await gzip(ORD)));
  const query = `encoding=proto&compression=gzip&base64=1&message=${encodeURIComponent(message)}`;
  const cases: [string, string, RequestInit, number][] = [
    ["JSON", GET_AIRPORT, post(await gzip('{"iata":"ORD"}'), { "Content-Encoding": "gzip" }), 200],
    ["binary", GET_AIRPORT, post(await gzip(ORD), { ...proto, "Content-Encoding": "GZIP" }), 200],
    ["GET", `${GET_AIRPORT}?${query}`, {}, 200],
    [
      "no bytes are never decompressed",
      "/delays.v1.DelayService/Rebuild",
      post(null, { ...proto, "Content-Encoding": "gzip" }),
      200,
    ],
    ["identity", GET_AIRPORT, post(undefined, { "Content-Encoding": "identity" }), 200],
    ["not gzip", GET_AIRPORT, post(undefined, { "Content-Encoding": "gzip" }), 400],
    [
      "cut off",
      GET_AIRPORT,
      post((await gzip(ORD)).slice(0, -4), { ...proto, "Content-Encoding": "gzip" }),
      400,
    ],
    [
      "trailing garbage",
      GET_AIRPORT,
      post(new Uint8Array([...await gzip(ORD), 1, 2, 3]), { ...proto, "Content-Encoding": "gzip" }),
      400,
    ],
  ];
  for (const [name, path, init, status] of cases) {
    await t.test(name, async () => {
      assert.equal((await delaysApp().request(path, init)).status, status);
    });
  }
});

test("rpc() reads a body that middleware has read before", async () => {
  const app = new Hono()
    .use(async (c, next) => {
      await c.req.text();
      await next();
    })
    .route("/", delaysApp({ limits: { maxBodyBytes: 20 } }));
  assert.equal((await app.request(GET_AIRPORT, post())).status, 200);
  assert.equal((await app.request(GET_AIRPORT, post(words(21)))).status, 429);
});

test("rpc() reads a body behind the bodyLimit of Hono", async () => {
  const app = new Hono().use(bodyLimit({ maxSize: 20 })).route("/", delaysApp());
  assert.equal((await app.request(GET_AIRPORT, post())).status, 200);
  assert.equal((await app.request(GET_AIRPORT, streamed(words(21)))).status, 413);
});

test("rpc() hides a body that fails", async () => {
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Error("password=hunter2")),
  });
  const init = { ...post(null), body, duplex: "half" };
  const response = await delaysApp().request(GET_AIRPORT, init);
  assert.deepEqual(await response.json(), { code: "internal", message: "Internal error" });
});

test("rpc() answers canceled if the caller goes away in the middle of its body", async () => {
  const caller = new AbortController();
  const body = new ReadableStream({
    pull(controller) {
      caller.abort();
      controller.error(caller.signal.reason);
    },
  });
  const init = { ...post(null), body, duplex: "half", signal: caller.signal };
  const response = await delaysApp().request(GET_AIRPORT, init);
  assert.equal(response.status, 499);
});

function words(size: number): string {
  return "x".repeat(size);
}

function streamed(body: string): RequestInit {
  const stream = new ReadableStream({
    start(controller) {
      for (const letter of body) controller.enqueue(new TextEncoder().encode(letter));
      controller.close();
    },
  });
  return { ...post(null, text), body: stream, duplex: "half" } as RequestInit;
}

test("rpc() refuses JSON that is no UTF-8, and takes the sign that stands for it", async () => {
  const init = (bytes: Uint8Array<ArrayBuffer>) => ({
    ...post(bytes),
    headers: { "Content-Type": "application/json", "Content-Length": `${bytes.length}` },
  });
  const path = "/delays.v1.DelayService/GetAirport";
  const broken = new Uint8Array([...new TextEncoder().encode('{"iata":"'), 0xff, 0x22, 0x7d]);
  const refused = await delaysApp().request(path, init(broken));
  assert.equal(refused.status, 400);
  assert.match((await refused.json()).message, /must be UTF-8/);
  const sign = new TextEncoder().encode('{"iata":"\ufffd"}') as Uint8Array<ArrayBuffer>;
  assert.equal((await delaysApp().request(path, init(sign))).status, 404);
});

test("rpc() limits what is longer than it is declared to be", async () => {
  const app = delaysApp({ limits: { maxBodyBytes: 20 } });
  const headers = { "Content-Type": "application/json", "Content-Length": "5" };
  const body = JSON.stringify({ iata: "x".repeat(100) });
  const response = await app.request("/delays.v1.DelayService/GetAirport", {
    method: "POST",
    body,
    headers,
  });
  assert.equal(response.status, 429);
});
