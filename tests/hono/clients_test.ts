import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { Hono } from "hono";
import { hc } from "hono/client";
import { HTTPException } from "hono/http-exception";
import { test } from "node:test";
import { AirportDelaysSchema } from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { delay, json, ShizukuError } from "../../src/core/mod.ts";
import { handleRpcError, rpc } from "../../src/hono/mod.ts";
import {
  defineService,
  localTransport,
  natsTransport,
  serve,
  setResponseHeaders,
  setResponseTrailers,
  type Transport as OurTransport,
} from "../../src/services/mod.ts";
import { type Fetch, type HttpListener, listenHttp } from "../_support/listen_http.ts";
import { startWorld } from "../_support/world.ts";
import { delays, DelayService, GET_AIRPORT } from "./_delays.ts";

function listen(app: Hono): Promise<HttpListener> {
  return listenHttp(app.fetch as Fetch);
}

function mount(transport: OurTransport = delays()): Hono {
  return new Hono().route("/api", rpc(DelayService, { transport }));
}

/** Every way in which a browser's client can speak. */
const WAYS = {
  "JSON": { useBinaryFormat: false },
  "JSON by GET": { useBinaryFormat: false, useHttpGet: true },
  "binary": { useBinaryFormat: true },
  "binary by GET": { useBinaryFormat: true, useHttpGet: true },
};

function transports({ url }: HttpListener): [string, Transport][] {
  return Object.entries(WAYS).map(([name, options]) => [
    name,
    createConnectTransport({ baseUrl: `${url}/api`, ...options }),
  ]);
}

test("a Connect client gets answers, in every form", async (t) => {
  await using http = await listen(mount());
  for (const [name, transport] of transports(http)) {
    await t.test(name, async () => {
      const { airport } = await createClient(DelayService, transport).getAirport({ iata: "ORD" });
      assert.deepEqual([airport?.iata, airport?.flights], ["ORD", 7]);
    });
  }
});

test("a Connect client gets errors with their code, message and details", async (t) => {
  await using http = await listen(mount());
  for (const [name, transport] of transports(http)) {
    await t.test(name, async () => {
      const client = createClient(DelayService, transport);
      const missing = await client.getAirport({ iata: "???" }).catch(ConnectError.from);
      assert.ok(missing instanceof ConnectError);
      assert.deepEqual([missing.code, missing.rawMessage], [
        Code.NotFound,
        "Cannot find airport ???",
      ]);
      const big = await client.getAirport({ iata: "BIG" }).catch(ConnectError.from);
      assert.ok(big instanceof ConnectError);
      assert.equal(big.code, Code.FailedPrecondition);
      assert.equal(big.findDetails(AirportDelaysSchema)[0]?.iata, "BIG");
      const bug = await client.getAirport({ iata: "BUG" }).catch(ConnectError.from);
      assert.ok(bug instanceof ConnectError);
      assert.deepEqual([bug.code, bug.rawMessage], [Code.Internal, "Internal error"]);
    });
  }
});

/** Answers with headers and trailers, or with an error that has them; `SLOW` waits for its end. */
function tellingTransport(): OurTransport {
  return localTransport().add(DelayService, telling());
}

function telling() {
  return {
    async getAirport({ iata }: { iata: string }, ctx: Parameters<typeof setResponseHeaders>[0]) {
      setResponseHeaders(ctx, { "X-Tenant": "acme", "Data-Bin": "3q0" });
      setResponseTrailers(ctx, { "Rows-Read": "12" });
      if (iata === "SLOW") await delay(60_000, ctx.signal);
      if (iata === "ERR") {
        throw new ShizukuError("resource_exhausted", "Later", { headers: { "Retry-After": "5" } });
      }
      return { airport: { iata } };
    },
    listWorst: () => ({}),
    rebuild: () => ({}),
  };
}

test("a Connect client gets headers and trailers, also those of an error", async (t) => {
  await using world = await startWorld();
  await using _service = await serve(world.nc, DelayService, telling());
  const ways = { "within the process": tellingTransport(), "over NATS": natsTransport(world.nc) };
  for (const [name, ours] of Object.entries(ways)) {
    await t.test(name, async () => {
      await using http = await listen(mount(ours));
      const transport = createConnectTransport({ baseUrl: `${http.url}/api` });
      const client = createClient(DelayService, transport);
      let headers = new Headers();
      let trailers = new Headers();
      await client.getAirport({ iata: "ORD" }, {
        onHeader: (found) => void (headers = found),
        onTrailer: (found) => void (trailers = found),
      });
      assert.deepEqual([headers.get("X-Tenant"), headers.get("Data-Bin")], ["acme", "3q0"]);
      assert.equal(trailers.get("Rows-Read"), "12");
      const error = await client.getAirport({ iata: "ERR" }).catch(ConnectError.from);
      assert.ok(error instanceof ConnectError);
      const { metadata } = error;
      assert.equal(error.code, Code.ResourceExhausted);
      assert.deepEqual(
        ["Retry-After", "X-Tenant", "Rows-Read"].map((name) => metadata.get(name)),
        ["5", "acme", "12"],
      );
    });
  }
});

test("a Connect client's timeout and its abort end the call", async () => {
  await using http = await listen(mount(tellingTransport()));
  const transport = createConnectTransport({ baseUrl: `${http.url}/api` });
  const client = createClient(DelayService, transport);
  const late = await client.getAirport({ iata: "SLOW" }, { timeoutMs: 30 })
    .catch(ConnectError.from);
  assert.ok(late instanceof ConnectError);
  assert.equal(late.code, Code.DeadlineExceeded);
  const caller = new AbortController();
  const canceled = client.getAirport({ iata: "SLOW" }, { signal: caller.signal })
    .catch(ConnectError.from);
  caller.abort();
  assert.equal((await canceled as ConnectError).code, Code.Canceled);
});

test("a Connect client understands what the user's middleware throws", async (t) => {
  const codes = {
    401: Code.Unauthenticated,
    403: Code.PermissionDenied,
    413: Code.ResourceExhausted,
  };
  for (const [status, code] of Object.entries(codes)) {
    await t.test(status, async () => {
      const app = new Hono()
        .use("*", () => {
          throw new HTTPException(Number(status) as 401, { message: "Not yours" });
        })
        .route("/", mount())
        .onError(handleRpcError);
      await using http = await listen(app);
      const transport = createConnectTransport({ baseUrl: `${http.url}/api` });
      const error = await createClient(DelayService, transport).getAirport({})
        .catch(ConnectError.from);
      assert.ok(error instanceof ConnectError);
      assert.deepEqual([error.code, error.rawMessage], [code, "Not yours"]);
    });
  }
});

const MathService = defineService("math.v1.MathService", {
  add: { input: json<{ a: number; b: number }>(), output: json<{ sum: number }>() },
});

test("Hono's client hc calls code-first contracts with their types", async () => {
  const transport = localTransport().add(MathService, { add: ({ a, b }) => ({ sum: a + b }) });
  const app = new Hono().route("/api", rpc(MathService, { transport }));
  await using http = await listen(app as unknown as Hono);
  const client = hc<typeof app>(http.url);
  const response = await client.api["math.v1.MathService"].add.$post({ json: { a: 1, b: 2 } });
  const { sum }: { sum: number } = await response.json();
  assert.equal(sum, 3);
  // @ts-expect-error: `a` is a number
  void (() => client.api["math.v1.MathService"].add.$post({ json: { a: "1", b: 2 } }));
});

test("curl calls by hand", async (t) => {
  await using http = await listen(mount());
  const url = `${http.url}/api${GET_AIRPORT}`;
  const type = ["-H", "Content-Type: application/json"];
  const cases: [string, string[], RegExp][] = [
    ["POST", [...type, "-d", '{"iata":"ORD"}', url], /^HTTP\/1\.1 200 .*"iata":"ORD"/s],
    [
      "GET",
      ["-G", "--data-urlencode", 'message={"iata":"ORD"}', "-d", "encoding=json", url],
      /"ORD"/,
    ],
    ["compressed", ["--compressed", ...type, "-d", '{"iata":"ORD"}', url], /"ORD"/],
    ["an error", [...type, "-d", '{"iata":"XXX"}', url], /^HTTP\/1\.1 404 .*"code":"not_found"/s],
    ["a form", ["-d", "iata=ORD", url], /^HTTP\/1\.1 415 /],
    ["another verb", ["-X", "DELETE", url], /^HTTP\/1\.1 405 /],
  ];
  for (const [name, args, wanted] of cases) {
    await t.test(name, { skip: await NO_CURL }, async () => {
      const { code, output } = await curl(["-s", "-i", "--noproxy", "*", ...args]);
      assert.equal(code, 0, output);
      assert.match(output, wanted);
    });
  }
});

/** Why curl cannot be used here, if so. */
const NO_CURL: Promise<string | false> = curl(["--version"]).then(
  () => false as const,
  () => "there is no curl on the PATH",
);

function curl(args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("curl", args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
