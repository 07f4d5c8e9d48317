import { clone, create, type DescFile, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { Hono } from "hono";
import { test } from "node:test";
import { createGateway, openapi, rest, rpc } from "../../src/hono/mod.ts";
import { localTransport, natsTransport, serve } from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { DelayService, GET_AIRPORT, post } from "./_delays.ts";
import { shop, ShopService } from "./_shop.ts";

/** The descriptors of a file with its imports, as a component would tell them. */
function descriptorSet(file: DescFile): Uint8Array {
  const files: DescFile[] = [];
  const collect = (file: DescFile): void => {
    if (files.includes(file)) return;
    file.dependencies.forEach(collect);
    files.push(file);
  };
  collect(file);
  const protos = files.map(({ proto }) => clone(FileDescriptorProtoSchema, proto));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: protos }));
}

const GET_BOOK = "/shop.v1.ShopService/GetBook";

test("createGateway() serves what it has no code of, as it comes and goes", async () => {
  await using world = await startWorld();
  await using _service = await serve(world.nc, DelayService, {
    getAirport: ({ iata }) => ({ airport: { iata, flights: 7 } }),
    listWorst: () => ({}),
    rebuild: () => ({}),
  });
  const gateway = createGateway({
    transport: natsTransport(world.nc),
    expose: ["delays.v1.DelayService/GetAirport"],
  });
  const app = new Hono().route("/api", rpc(gateway));
  const ask = async (path = GET_AIRPORT) => (await app.request(`/api${path}`, post())).status;
  assert.equal(await ask(), 404);

  gateway.update([descriptorSet(DelayService.file)]);
  await eventually(async () => {
    const response = await app.request(`/api${GET_AIRPORT}`, post());
    assert.deepEqual(await response.json(), { airport: { iata: "ORD", flights: 7 } });
  });
  assert.equal(await ask("/delays.v1.DelayService/Rebuild"), 404);
  assert.deepEqual(Object.keys(openapi(gateway).paths), [GET_AIRPORT]);

  gateway.update([]);
  assert.equal(await ask(), 404);
});

test("createGateway() exposes nothing but what is marked public", async () => {
  const gateway = createGateway({ transport: shop() });
  const app = new Hono().route("/", rpc(gateway)).route("/", rest(gateway));
  gateway.update([descriptorSet(ShopService.file), descriptorSet(DelayService.file)]);
  assert.equal((await app.request(GET_BOOK, post('{"name":"7"}'))).status, 200);
  assert.deepEqual(await (await app.request("/v1/books/7")).json(), { name: "7" });
  for (const path of ["/shop.v1.ShopService/ListBooks", GET_AIRPORT]) {
    assert.equal((await app.request(path, post("{}"))).status, 404);
  }
  assert.equal((await app.request("/v1/books")).status, 404);
});

test("createGateway() leaves out descriptors that cannot be read", async () => {
  const gateway = createGateway({ transport: shop() });
  const app = rpc(gateway);
  gateway.update([new Uint8Array([255, 1, 2]), descriptorSet(ShopService.file), new Uint8Array()]);
  assert.equal((await app.request(GET_BOOK, post("{}"))).status, 200);
});

test("rpc() and rest() follow a source whose contracts change", async () => {
  const source = {
    contracts: [ShopService] as readonly (typeof ShopService | typeof DelayService)[],
    transport: localTransport(),
    isLive: true,
  };
  const app = new Hono().route("/", rpc(source)).route("/", rest(source));
  assert.equal((await app.request("/v1/books/7")).status, 503);
  source.contracts = [DelayService];
  assert.equal((await app.request("/v1/books/7")).status, 404);
  assert.equal((await app.request(GET_BOOK, post())).status, 404);
  assert.equal((await app.request(GET_AIRPORT, post())).status, 503);
});

test("createGateway() leaves out a component whose REST routes cannot be served", async () => {
  const gateway = createGateway({ transport: shop() });
  const app = new Hono().route("/", rpc(gateway)).route("/", rest(gateway));
  gateway.update([withSideEffects(descriptorSet(ShopService.file))]);
  assert.equal((await app.request("/v1/books/7")).status, 404);
});

/** The descriptors with no method marked as one without side effects. */
function withSideEffects(set: Uint8Array): Uint8Array {
  const { file } = fromBinary(FileDescriptorSetSchema, set);
  for (const { service } of file) {
    for (const { method } of service) {
      for (const { options } of method) if (options) options.idempotencyLevel = 0;
    }
  }
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
}
