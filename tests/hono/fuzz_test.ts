import assert from "node:assert/strict";
import { Hono } from "hono";
import process from "node:process";
import { test } from "node:test";
import { health, rest, rpc } from "../../src/hono/mod.ts";
import { openapi, reference } from "../../src/hono/openapi.ts";
import { delays, DelayService, GET_AIRPORT, gzip, ORD, TextService } from "./_delays.ts";
import { createRandom, type Random } from "./_random.ts";
import { shop, ShopService } from "./_shop.ts";

/** Requests in all; `deno task fuzz` makes 100,000. */
const REQUESTS = Number(process.env["SHIZUKU_FUZZ_REQUESTS"] ?? 3_000);
const SEED = Number(process.env["SHIZUKU_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** What the adapter may answer: nothing here fails inside. */
const STATUSES = [200, 400, 404, 405, 415, 429, 501, 504];

const PATHS = [
  GET_AIRPORT,
  "/delays.v1.DelayService/ListWorst",
  "/delays.v1.DelayService/Rebuild",
  "/text.v1.TextService/shout",
  "/text.v1.TextService/measure",
  "/shop.v1.ShopService/CreateBook",
  "/v1/books",
  "/v1/books/7",
  "/v1/books/7:order",
  "/v1/shelves/1/books",
  "/v1/shelves/1/books/2",
  "/healthz",
  "/readyz",
  "/openapi.json",
  "/reference",
  "/",
];
const PIECES = [
  "%",
  "%2F",
  "%00",
  "..",
  "/",
  "//",
  ":",
  "*",
  "{",
  "}",
  "\u00e9",
  "?",
  "#",
  " ",
  "$",
];
const VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ORDER", "get", "X-Y"];
const HEADERS: Record<string, string[]> = {
  "Content-Type": [
    "application/json",
    "application/proto",
    "application/json; charset=utf-8",
    "text/plain",
    "application/grpc",
    "application/json;;;",
    "*/*",
    "",
  ],
  "Content-Encoding": ["gzip", "identity", "br", "gzip, gzip", ""],
  "Accept-Encoding": ["gzip", "gzip;q=0", "*", "br", ";;,"],
  "Connect-Protocol-Version": ["1", "2", "", "1, 1"],
  "Connect-Timeout-Ms": ["1000", "0", "9999999999", "99999999999", "-1", "1e3", "x"],
  "Content-Length": ["0", "5", "99999999999", "x"],
  "Transfer-Encoding": ["chunked", "gzip"],
  "Authorization": ["Bearer x", "\u00ff"],
  "X-HTTP-Method-Override": ["DELETE"],
  "Nats-Msg-Id": ["7"],
};
const QUERIES = ["encoding", "message", "base64", "compression", "connect", "limit", "topics"];
const VALUES = [
  "json",
  "proto",
  "1",
  "{}",
  "%7B%22iata%22%3A%22ORD%22%7D",
  "gzip",
  "v1",
  "",
  "%FF",
];

function app(): Hono {
  const transport = delays();
  const books = shop();
  const headers = ["Authorization"];
  return new Hono()
    .route("/", rpc([DelayService, TextService], { transport, headers }))
    .route("/", rpc(ShopService, { transport: books, limits: { maxBodyBytes: 500 } }))
    .route("/", rest(ShopService, { transport: books, headers }))
    .route("/", reference(openapi([DelayService, ShopService])))
    .route("/", health({ health: () => ({ ok: true, reasons: [] }) }));
}

function randomPath(random: Random): string {
  const path = random.chance(0.8) ? random.pick(PATHS) : `/${random.text(20)}`;
  if (random.chance(0.6)) return path;
  const at = random.below(path.length + 1);
  return `/${path.slice(0, at)}${random.pick(PIECES)}${path.slice(at)}`.replace(/^\/+/, "/");
}

function randomQuery(random: Random): string {
  if (random.chance(0.4)) return "";
  const pairs = Array.from({ length: random.below(6) }, () => {
    const name = random.chance(0.9) ? random.pick(QUERIES) : random.text(5);
    return `${name}=${random.chance(0.7) ? random.pick(VALUES) : random.text(30)}`;
  });
  return `?${pairs.join("&")}`;
}

function randomHeaders(random: Random): [string, string][] {
  return Object.entries(HEADERS).flatMap(([name, values]): [string, string][] => {
    const isUsual = name === "Content-Type";
    if (!random.chance(isUsual ? 0.85 : 0.15)) return [];
    return [[name, random.chance(0.95) ? random.pick(values) : random.text(10)]];
  });
}

async function randomBody(random: Random): Promise<BodyInit | null> {
  const bodies: (() => BodyInit | null | Promise<BodyInit>)[] = [
    () => null,
    () => '{"iata":"ORD"}',
    () => `{"name":${JSON.stringify(random.text(10))},"pages":${random.below(99)}}`,
    () => `${"[".repeat(random.below(2_000))}`,
    () => random.text(1_000),
    () => ORD,
    () => random.bytes(600) as Uint8Array<ArrayBuffer>,
    () => gzip('{"iata":"ORD"}'),
    () => gzip(new Uint8Array(random.below(100_000))),
    () => new Response(random.text(50)).body!,
  ];
  return await random.pick(bodies)();
}

/** A request; `undefined` if the runtime itself refuses to make it. */
async function randomRequest(random: Random): Promise<Request | undefined> {
  const [path, query, headers] = [randomPath(random), randomQuery(random), randomHeaders(random)];
  const method = random.chance(0.5) ? "POST" : random.pick(VERBS);
  const body = /^(get|head)$/i.test(method) ? null : await randomBody(random);
  try {
    const streams = body instanceof ReadableStream && { duplex: "half" };
    return new Request(`http://localhost${path}${query}`, { method, headers, body, ...streams });
  } catch {
    return undefined;
  }
}

async function checkResponse(request: Request, response: Response): Promise<void> {
  const { status, headers } = response;
  const what = `${request.method} ${request.url} ${JSON.stringify([...request.headers])}`;
  assert.ok(STATUSES.includes(status), `${status} for ${what}`);
  const body = await response.text();
  assert.doesNotMatch(body, /node_modules|\bat \w+ \(|file:\/\//, `a stack for ${what}`);
  if (status === 200 || request.method === "HEAD") return;
  // Hono itself answers paths that nobody serves, in plain text.
  if (status === 404 && headers.get("Content-Type")?.startsWith("text/plain")) return;
  assert.equal(headers.get("Content-Type"), "application/json", what);
  assert.equal(typeof JSON.parse(body).code, "string", what);
}

test("random requests get defined answers, reject nothing and leak nothing", async () => {
  const random = createRandom(SEED);
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  const heap: number[] = [];
  const served = app();
  let refused = 0;
  try {
    for (let index = 0; index < REQUESTS; index++) {
      const request = await randomRequest(random);
      if (request === undefined) refused++;
      else await checkResponse(request, await served.fetch(request));
      if (index % Math.ceil(REQUESTS / 20) === 0) heap.push(process.memoryUsage().heapUsed);
    }
    await new Promise((resolve) => setTimeout(resolve));
  } catch (error) {
    throw new Error(`With SHIZUKU_FUZZ_SEED=${SEED}`, { cause: error });
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  assert.deepEqual(rejections, []);
  assert.ok(refused < REQUESTS / 2, `the runtime refused ${refused} of ${REQUESTS}`);
  const [early, late] = [heap.slice(5, 12), heap.slice(-7)].map((part) => Math.min(...part));
  assert.ok(late! - early! < 64 * 1_048_576, `the heap grew from ${early} to ${late} bytes`);
});
