import assert from "node:assert/strict";
import { test } from "node:test";
import type { DescService } from "@bufbuild/protobuf";
import {
  type ComponentVersion,
  joinVersions,
  readComponent,
} from "../../src/hono/_component_services.ts";
import { isPublic } from "../../src/hono/mod.ts";
import { ShopService } from "./_shop.ts";
import { type ChangeShop, findInsteadOfGet, shopDescriptors } from "./_shop_versions.ts";

/** What a manifest tells of the shop, as far as it is needed. */
function rpcOf(...names: string[]) {
  const methods = names.map((name) => ({
    name,
    subject: "",
    contentTypes: [],
    noSideEffects: false,
  }));
  return { rpc: [{ service: ShopService.typeName, methods }] };
}

const ALL = rpcOf(...ShopService.methods.map(({ name }) => name), "FindBook");
const names = (services: readonly DescService[]) =>
  services.flatMap(({ typeName, methods }) => methods.map(({ name }) => `${typeName}/${name}`));

test("readComponent() gives the methods that are exposed, and no service without one", () => {
  const read = (expose: Parameters<typeof readComponent>[2]) =>
    names(readComponent(ALL, shopDescriptors(), expose).services);
  assert.deepEqual(read(isPublic), ["shop.v1.ShopService/GetBook"]);
  assert.deepEqual(read(["shop.v1.ShopService/CountBooks"]), ["shop.v1.ShopService/CountBooks"]);
  assert.deepEqual(read(() => false), []);
});

test("readComponent() gives only what the component answers, not all that it has descriptors of", () => {
  const read = (rpc: ReturnType<typeof rpcOf>) =>
    names(readComponent(rpc, shopDescriptors(), () => true).services);
  assert.deepEqual(read(rpcOf("CountBooks", "Nope")), ["shop.v1.ShopService/CountBooks"]);
  assert.deepEqual(read({ rpc: [] }), []);
  assert.deepEqual(read({ rpc: [{ service: "other.v1.Service", methods: [] }] }), []);
});

test("readComponent() leaves out methods that cannot be served, and says why", () => {
  const change: ChangeShop = ({ method }) => {
    method.find(({ name }) => name === "ListBooks")!.serverStreaming = true;
    method.find(({ name }) => name === "GetBook")!.options!.idempotencyLevel = 0;
  };
  const { services, problems } = readComponent(ALL, shopDescriptors(change), () => true);
  const [shop] = services;
  assert.deepEqual(
    shop!.methods.map(({ name }) => name),
    ["CreateBook", "UpdateBook", "DeleteBook", "OrderBook", "CountBooks"],
  );
  assert.equal(problems.length, 2);
  assert.match(problems[0]!, /GetBook.*NO_SIDE_EFFECTS/);
  assert.match(problems[1]!, /ListBooks.*must be unary/);
  assert.equal(shop!.methods[0]!.parent, shop);
});

test("readComponent() refuses bytes that are no descriptors", () => {
  const noImports = shopDescriptors().subarray(0, 7);
  for (const bytes of [new Uint8Array([255, 1, 2]), noImports]) {
    assert.throws(() => readComponent(ALL, bytes, () => true));
  }
});

function version(version: string, startedAt: string, change?: ChangeShop): ComponentVersion {
  const { services } = readComponent(ALL, shopDescriptors(change), () => true);
  return { version, startedAt, services };
}

test("joinVersions() takes each method from the newest version that has it", () => {
  const old = version("1.9.0", "2026-02-01");
  const now = version("1.10.0", "2026-01-01", findInsteadOfGet);
  for (const versions of [[old, now], [now, old]]) {
    const [shop] = joinVersions(versions);
    const [first, second] = [shop!.method["findBook"]!, shop!.method["getBook"]!];
    assert.deepEqual([first.parent, second.parent], [shop, shop]);
    assert.equal(shop!.method["countBooks"]!.input, now.services[0]!.method["countBooks"]!.input);
    assert.equal(shop!.methods.length, 8);
  }
  assert.equal(joinVersions([old])[0], old.services[0]);
});

test("joinVersions() prefers what started last where versions are the same", () => {
  const rows: [a: [string, string], b: [string, string], newest: 0 | 1][] = [
    [["1.0.0", "2026-01-01"], ["1.0.0", "2026-01-02"], 1],
    [["x", "2026-01-02"], ["y", "2026-01-01"], 0],
    [["2.0.0", "2026-01-01"], ["10.0.0", "2026-01-01"], 1],
    [["1.0.1", "2026-01-01"], ["1.0.0", "2026-01-02"], 0],
  ];
  for (const [a, b, newest] of rows) {
    const versions = [version(...a), version(...b)];
    const [shop] = joinVersions(versions);
    assert.equal(shop, versions[newest]!.services[0], `${a} and ${b}`);
  }
});
