import { fromBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { GetAirportResponseSchema } from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { type Code, CODES, json, ShizukuError } from "../../src/core/mod.ts";
import { rpc, type RpcOptions } from "../../src/hono/mod.ts";
import { defineService, localTransport, type TransportRequest } from "../../src/services/mod.ts";
import {
  delays,
  delaysApp,
  DelayService,
  GET_AIRPORT,
  ORD,
  post,
  REBUILD,
  TextService,
} from "./_delays.ts";

test("rpc() answers JSON with JSON", async () => {
  const response = await delaysApp().request(GET_AIRPORT, post());
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.deepEqual(await response.json(), { airport: { iata: "ORD", flights: 7 } });
});

test("rpc() answers binary with binary", async () => {
  const init = post(ORD, { "Content-Type": "application/proto" });
  const response = await delaysApp().request(GET_AIRPORT, init);
  assert.equal(response.headers.get("Content-Type"), "application/proto");
  const message = fromBinary(
    GetAirportResponseSchema,
    new Uint8Array(await response.arrayBuffer()),
  );
  assert.equal(message.airport?.iata, "ORD");
});

test("rpc() takes an empty body for an empty binary message", async () => {
  const init = post(null, { "Content-Type": "application/proto" });
  assert.equal((await delaysApp().request(REBUILD, init)).status, 200);
});

test("rpc() serves code-first contracts in the content types of their codecs", async () => {
  const app = delaysApp();
  const init = post("hello", {
    "Content-Type": "text/plain;charset=UTF-8",
    "Connect-Protocol-Version": "1",
  });
  const shout = await app.request("/text.v1.TextService/shout", init);
  assert.equal(shout.headers.get("Content-Type"), "text/plain");
  assert.equal(await shout.text(), "HELLO");
  const measure = await app.request("/text.v1.TextService/measure", init);
  assert.equal(measure.headers.get("Content-Type"), "application/json");
  assert.equal(await measure.text(), "5");
});

test("rpc() names the contract's default type where the transport names none", async () => {
  const transport = { unary: () => Promise.resolve({ payload: ORD }) };
  const app = rpc({ contracts: [DelayService], transport });
  const init = post(ORD, { "Content-Type": "application/proto" });
  const response = await app.request(GET_AIRPORT, init);
  assert.equal(response.headers.get("Content-Type"), "application/proto");
});

test("rpc() answers below any base path", async (t) => {
  for (const base of ["/", "/api", "/api/v1/", "/:tenant/rpc"]) {
    await t.test(base, async () => {
      const app = new Hono().route(base, delaysApp());
      const path = `${base.replace(":tenant", "acme").replace(/\/$/, "")}${GET_AIRPORT}`;
      assert.equal((await app.request(path, post())).status, 200);
    });
  }
});

test("rpc() leaves other paths to the app that it is mounted on", async () => {
  const app = new Hono().route("/", delaysApp()).get("/about", (c) => c.text("about"));
  assert.equal(await (await app.request("/about")).text(), "about");
  assert.equal(await (await app.request("/other.v1.Service/Get", post())).text(), "404 Not Found");
});

test("rpc() keeps the headers that middleware sets", async () => {
  const app = new Hono()
    .use(async (c, next) => {
      c.header("X-Before", "1");
      await next();
      c.header("X-After", "2");
    })
    .route("/", delaysApp());
  for (const body of ['{"iata":"ORD"}', '{"iata":"???"}']) {
    const { headers } = await app.request(GET_AIRPORT, post(body));
    assert.deepEqual([headers.get("X-Before"), headers.get("X-After")], ["1", "2"]);
  }
});

test("rpc() refuses what is no call, with the status for it", async (t) => {
  const other = { "Content-Type": "application/grpc" };
  const cases: [string, string, RequestInit, number, Code, Record<string, string>][] = [
    ["PUT", REBUILD, { ...post(), method: "PUT" }, 405, "unknown", { Allow: "POST" }],
    ["DELETE", GET_AIRPORT, { method: "DELETE" }, 405, "unknown", { Allow: "GET, POST" }],
    ["OPTIONS", REBUILD, { method: "OPTIONS" }, 405, "unknown", { Allow: "POST" }],
    ["GET with side effects", REBUILD, {}, 405, "unknown", { Allow: "POST" }],
    ["unknown codec", GET_AIRPORT, post("{}", other), 415, "unknown", {
      "Accept-Post": "application/proto, application/json",
    }],
    ["no content type", GET_AIRPORT, { method: "POST" }, 415, "unknown", {}],
    ["unknown encoding", `${GET_AIRPORT}?encoding=xml&message=`, {}, 415, "unknown", {}],
    ["no encoding", `${GET_AIRPORT}?message=`, {}, 415, "unknown", {}],
  ];
  for (const [name, path, init, status, code, headers] of cases) {
    await t.test(name, async () => {
      const response = await delaysApp().request(path, init);
      assert.equal(response.status, status);
      assert.equal(response.headers.get("Content-Type"), "application/json");
      assert.equal((await response.json()).code, code);
      for (const [key, value] of Object.entries(headers)) {
        assert.equal(response.headers.get(key), value);
      }
    });
  }
});

test("rpc() leaves the paths of no method to the app that it is mounted on", async () => {
  const app = new Hono().route("/", delaysApp()).notFound((c) => c.text("Not here", 404));
  for (const method of ["Nope", "getAirport", "", "GetAirport/"]) {
    const response = await app.request(`/delays.v1.DelayService/${method}`, post());
    assert.equal(response.status, 404);
    assert.equal(await response.text(), "Not here");
  }
});

test("rpc() refuses unknown methods of a source that changes", async () => {
  const app = rpc({ contracts: [DelayService], transport: delays(), isLive: true });
  const response = await app.request("/delays.v1.DelayService/Nope", post());
  assert.equal(response.status, 404);
  assert.equal((await response.json()).code, "unimplemented");
});

test("rpc() refuses HEAD without a call", async () => {
  const response = await delaysApp().request(GET_AIRPORT, { method: "HEAD" });
  assert.equal(response.status, 405);
});

test("rpc() refuses malformed requests", async (t) => {
  const cases: [string, RequestInit, Code, RegExp][] = [
    ["broken JSON", post("{"), "invalid_argument", /Cannot decode delays.v1.GetAirportRequest/],
    ["empty JSON", post(""), "invalid_argument", /from 0 bytes/],
    [
      "broken binary",
      post("\xff", { "Content-Type": "application/proto" }),
      "invalid_argument",
      /Cannot decode/,
    ],
    [
      "version",
      post("{}", { "Connect-Protocol-Version": "2" }),
      "invalid_argument",
      /Connect-Protocol-Version must be 1: current value is "2"/,
    ],
    [
      "compression",
      post("{}", { "Content-Encoding": "br" }),
      "unimplemented",
      /must be gzip or identity: current value is "br"/,
    ],
  ];
  for (const [name, init, code, message] of cases) {
    await t.test(name, async () => {
      const response = await delaysApp().request(GET_AIRPORT, init);
      const body = await response.json();
      assert.equal(response.status, CODES[code].status);
      assert.equal(body.code, code);
      assert.match(body.message, message);
    });
  }
});

test("rpc() answers GET for methods without side effects", async (t) => {
  const bin = btoa(String.fromCharCode(...ORD)).replace(/=+$/, "");
  const raw = [...ORD].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const queries = {
    "JSON": "connect=v1&encoding=json&message=%7B%22iata%22%3A%22ORD%22%7D",
    "JSON, base64": `encoding=json&base64=1&message=${btoa('{"iata":"ORD"}')}`,
    "binary, base64": `message=${bin}&base64=1&encoding=proto`,
    "binary, bytes": `message=${raw}&encoding=proto`,
    "unknown parameters": `x=1&message=${bin}&base64=1&encoding=proto&connect=v1&compression=`,
  };
  for (const [name, query] of Object.entries(queries)) {
    await t.test(name, async () => {
      const response = await delaysApp().request(`${GET_AIRPORT}?${query}`);
      assert.equal(response.status, 200);
      assert.match(await response.text(), /ORD/);
    });
  }
});

test("rpc() refuses malformed queries", async (t) => {
  const cases: [string, Code, RegExp][] = [
    ["encoding=json", "invalid_argument", /query parameter message must be there/],
    ["encoding=json&message=*&base64=1", "invalid_argument", /message must be base64/],
    ["connect=v2&encoding=json&message={}", "invalid_argument", /connect must be v1: .* "v2"/],
    ["connect=1&encoding=json&message={}", "invalid_argument", /connect must be v1: .* "1"/],
    ["compression=br&encoding=json&message={}", "unimplemented", /must be gzip or identity/],
  ];
  for (const [query, code, message] of cases) {
    await t.test(query, async () => {
      const response = await delaysApp().request(`${GET_AIRPORT}?${query}`);
      const body = await response.json();
      assert.equal(response.status, CODES[code].status);
      assert.equal(body.code, code);
      assert.match(body.message, message);
    });
  }
});

test("rpc() answers every code with its status", async (t) => {
  const service = defineService("fail.v1.FailService", {
    fail: { input: json<Code>(), output: json<null>() },
  });
  const transport = localTransport().add(service, {
    fail: (code) => {
      throw new ShizukuError(code, "No");
    },
  });
  const app = rpc({ contracts: [service], transport });
  for (const code of Object.keys(CODES) as Code[]) {
    await t.test(code, async () => {
      const response = await app.request("/fail.v1.FailService/fail", post(JSON.stringify(code)));
      assert.equal(response.status, CODES[code].status);
      assert.equal(response.headers.get("Content-Type"), "application/json");
      assert.deepEqual(await response.json(), { code, message: "No" });
    });
  }
});

test("rpc() sends details as unpadded base64, and no cause", async () => {
  const response = await delaysApp().request(GET_AIRPORT, post('{"iata":"BIG"}'));
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), {
    code: "failed_precondition",
    message: "Too big",
    details: [{ type: "delays.v1.AirportDelays", value: "CgNCSUc" }],
  });
});

test("rpc() hides what it does not know", async () => {
  const response = await delaysApp().request(GET_AIRPORT, post('{"iata":"BUG"}'));
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { code: "internal", message: "Internal error" });
});

test("rpc() hides what a broken transport throws", async () => {
  const transport = { unary: () => Promise.reject(new TypeError("10.0.0.7 refused")) };
  const app = rpc({ contracts: [DelayService], transport });
  const response = await app.request(GET_AIRPORT, post());
  assert.deepEqual(await response.json(), { code: "internal", message: "Internal error" });
});

test("rpc() forwards the headers that are listed and no other", async () => {
  const { app, requests } = recorder({ headers: ["Authorization", "x-tenant"] });
  const secret = { Authorization: "Bearer 7", Cookie: "session=7", "Nats-Msg-Id": "7" };
  await app.request(GET_AIRPORT, post("{}", secret));
  assert.deepEqual(requests[0]?.headers, { Authorization: "Bearer 7" });
});

test("rpc() forwards no header unless told so", async () => {
  const { app, requests } = recorder();
  await app.request(GET_AIRPORT, post("{}", { Authorization: "Bearer 7" }));
  assert.equal(requests[0]?.headers, undefined);
});

test("rpc() hands the time of the caller to the transport", async (t) => {
  const cases: [string, string | undefined, number][] = [
    ["default", undefined, 100_000],
    ["as asked", "150000", 150_000],
    ["clamped", "9999999999", 200_000],
  ];
  for (const [name, asked, wanted] of cases) {
    await t.test(name, async () => {
      const { app, requests } = recorder({
        limits: { defaultTimeoutMs: 100_000, maxTimeoutMs: 200_000 },
      });
      const headers = asked === undefined ? undefined : { "Connect-Timeout-Ms": asked };
      await app.request(GET_AIRPORT, post("{}", headers));
      const timeoutMs = requests[0]!.timeoutMs;
      // Reading the message takes some of it.
      assert.ok(timeoutMs <= wanted && timeoutMs > wanted - 40_000, String(timeoutMs));
    });
  }
});

test("rpc() refuses malformed timeouts", async (t) => {
  for (const text of ["", "-1", "1.5", "1e3", "+1", "12345678901", "1s"]) {
    await t.test(JSON.stringify(text), async () => {
      const init = post("{}", { "Connect-Timeout-Ms": text });
      const response = await delaysApp().request(GET_AIRPORT, init);
      assert.equal(response.status, 400);
      assert.match((await response.json()).message, /Connect-Timeout-Ms must be 1 to 10 digits/);
    });
  }
});

test("rpc() answers deadline_exceeded itself", async (t) => {
  for (const timeoutMs of ["0", "20"]) {
    await t.test(`${timeoutMs} ms`, async () => {
      const { app } = waiting();
      const init = post("{}", { "Connect-Timeout-Ms": timeoutMs });
      const response = await app.request(GET_AIRPORT, init);
      assert.equal(response.status, 504);
      assert.equal((await response.json()).code, "deadline_exceeded");
    });
  }
});

test("rpc() cancels the call when its caller goes away", async () => {
  const { app, called, canceled } = waiting();
  const caller = new AbortController();
  const response = app.request(GET_AIRPORT, { ...post(), signal: caller.signal });
  await called;
  caller.abort();
  assert.equal(ShizukuError.from(await canceled).code, "canceled");
  assert.equal((await response).status, 499);
});

test("rpc() reads the transport of its source at each call", async () => {
  let transport = { unary: (): Promise<never> => Promise.reject(new Error("Not started")) };
  const source = {
    contracts: [TextService],
    get transport() {
      return transport;
    },
  };
  const app = rpc(source);
  transport = delays() as typeof transport;
  const init = post("hello", { "Content-Type": "text/plain" });
  assert.equal(await (await app.request("/text.v1.TextService/shout", init)).text(), "HELLO");
});

test("rpc() refuses two services of one name", () => {
  const contracts = [TextService, defineService("text.v1.TextService", {})];
  assert.throws(() => rpc({ contracts, transport: delays() }), {
    name: "TypeError",
    message: "Cannot serve contracts as their names must be unique: " +
      "text.v1.TextService is there twice",
  });
});

test("rpc() refuses options that are out of range", async (t) => {
  const wrong: [RpcOptions, string, RegExp][] = [
    [
      { limits: { maxBodyBytes: 0 } },
      "RangeError",
      /maxBodyBytes must be an integer from 1 .* value is 0$/,
    ],
    [{ limits: { maxBodyBytes: NaN } }, "RangeError", /current value is NaN$/],
    [{ limits: { maxTimeoutMs: 2 ** 31 } }, "RangeError", /maxTimeoutMs must be .* 2147483647/],
    [{ limits: { defaultTimeoutMs: -1 } }, "RangeError", /defaultTimeoutMs must be/],
    [{ headers: ["nats-msg-id"] }, "TypeError", /current value is "nats-msg-id"$/],
    [{ headers: ["Shizuku-Timeout-Ms"] }, "TypeError", /none that is reserved/],
    [{ headers: ["a b"] }, "TypeError", /must be a token/],
  ];
  for (const [options, name, message] of wrong) {
    await t.test(JSON.stringify(options), () => {
      assert.throws(() => delaysApp(options), { name, message });
    });
  }
});

function recorder(options?: RpcOptions) {
  const requests: TransportRequest[] = [];
  const transport = {
    unary(request: TransportRequest) {
      requests.push(request);
      return Promise.resolve({ payload: new Uint8Array() });
    },
  };
  return { requests, app: rpc({ contracts: [DelayService], transport }, options) };
}

/** An app whose handler waits for the end of its signal. */
function waiting() {
  let call: () => void;
  let cancel: (reason: unknown) => void;
  const called = new Promise<void>((resolve) => call = resolve);
  const canceled = new Promise<unknown>((resolve) => cancel = resolve);
  const transport = localTransport().add(DelayService, {
    async getAirport(_request, { signal }) {
      call();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      cancel(signal.reason);
      throw signal.reason;
    },
    listWorst: () => ({}),
    rebuild: () => ({}),
  });
  return { called, canceled, app: rpc({ contracts: [DelayService], transport }) };
}
