import { Validator } from "@seriousme/openapi-schema-validator";
import {
  clone,
  create,
  createFileRegistry,
  type DescFile,
  type DescService,
} from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  SourceCodeInfoSchema,
} from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { DelayService } from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { json, text } from "../../src/core/mod.ts";
import { openapi, type OpenApiDocument, reference } from "../../src/hono/openapi.ts";
import { defineService } from "../../src/services/mod.ts";
import { ShopService } from "./gen/shop/v1/shop_pb.ts";

const TextService = defineService("text.v1.TextService", {
  shout: { input: text, output: json<{ words: string }>(), noSideEffects: true },
});

async function assertValid(document: OpenApiDocument): Promise<void> {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  assert.equal(valid, true, JSON.stringify(errors, undefined, 1));
}

/** Every reference of a document. */
function references(document: unknown): string[] {
  return [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!);
}

test("openapi() writes a valid document, whose references lead somewhere", async () => {
  const document = openapi([ShopService, DelayService, TextService], {
    title: "Shop",
    version: "1.2.3",
    description: "Books",
    servers: [{ url: "/api" }],
  });
  await assertValid(document);
  await assertValid(openapi([]));
  const { schemas } = document.components;
  for (const reference of references(document)) {
    assert.ok(reference.replace("#/components/schemas/", "") in schemas, reference);
  }
  assert.deepEqual(document.info, { title: "Shop", version: "1.2.3", description: "Books" });
  const ids = JSON.stringify(document).match(/"operationId":"[^"]+"/g)!;
  assert.equal(new Set(ids).size, ids.length, "operation ids are unique");
});

test("openapi() lists POST for all methods, GET for those without side effects", () => {
  const { paths } = openapi(DelayService);
  const verbs = Object.entries(paths).map(([path, item]) => [path, Object.keys(item)]);
  assert.deepEqual(verbs, [
    ["/delays.v1.DelayService/GetAirport", ["post", "get"]],
    ["/delays.v1.DelayService/ListWorst", ["post", "get"]],
    ["/delays.v1.DelayService/Rebuild", ["post"]],
  ]);
  const { requestBody, responses } = paths["/delays.v1.DelayService/GetAirport"]!["post"] as {
    requestBody: { content: object };
    responses: Record<string, { content: Record<string, { schema: object }> }>;
  };
  assert.deepEqual(requestBody.content, {
    "application/proto": { schema: {} },
    "application/json": { schema: { $ref: "#/components/schemas/delays.v1.GetAirportRequest" } },
  });
  assert.deepEqual(responses["default"]!.content["application/json"]!.schema, {
    $ref: "#/components/schemas/connect.error",
  });
});

test("openapi() lists REST routes, each path once", () => {
  const { paths } = openapi(ShopService, { connect: false });
  const verbs = Object.entries(paths).map(([path, item]) => [path, Object.keys(item)]);
  assert.deepEqual(verbs, [
    ["/v1/shelves/{name_1}/books/{name_2}", ["get"]],
    ["/v1/books/{name}", ["get", "patch", "put", "delete"]],
    ["/v1/books", ["get"]],
    ["/v1/shelves/{shelf}/books", ["post"]],
    ["/v1/books/{name}:order", ["post"]],
  ]);
  const { parameters, responses } = paths["/v1/books"]!["get"] as {
    parameters: { name: string; in: string }[];
    responses: Record<string, { content: Record<string, { schema: object }> }>;
  };
  assert.deepEqual(parameters.map(({ name }) => name), [
    "limit",
    "topics",
    "binding",
    "author.full_name",
    "author.born",
    "since",
    "in_print",
    "price",
    "printed",
    "checksum",
    "weight",
    "Connect-Timeout-Ms",
  ]);
  assert.deepEqual(responses["200"]!.content["application/json"]!.schema, {
    type: "array",
    items: { $ref: "#/components/schemas/shop.v1.Book" },
  });
});

test("openapi() writes messages in protobuf's JSON form", () => {
  const { schemas } = openapi(ShopService).components;
  const { properties } = schemas["shop.v1.Book"] as { properties: Record<string, object> };
  assert.deepEqual(properties["printed"], {
    type: "string",
    format: "uint64",
    pattern: "^[0-9]+$",
  });
  assert.deepEqual(properties["inPrint"], { type: "boolean" });
  assert.deepEqual(properties["cover"], { type: "string", contentEncoding: "base64" });
  assert.deepEqual(properties["published"], { type: "string", format: "date-time" });
  assert.deepEqual(properties["price"], { type: "integer", format: "int32" });
  assert.deepEqual(properties["continues"], { $ref: "#/components/schemas/shop.v1.Book" });
  assert.deepEqual(properties["copies"], {
    type: "object",
    additionalProperties: { type: "integer", format: "int32" },
  });
  assert.deepEqual(properties["printer"], {
    type: "string",
    description: "Not together with donor.",
  });
  assert.deepEqual(schemas["shop.v1.Binding"], {
    type: "string",
    title: "Binding",
    enum: ["BINDING_UNSPECIFIED", "BINDING_PAPERBACK", "BINDING_HARDCOVER"],
  });
});

test("openapi() carries the comments of descriptors that have them", async () => {
  const service = withComments(ShopService, [
    [[6, 0], " Keeps books.\n"],
    [[6, 0, 2, 0], " Gets one book.\n"],
    [[4, 0], " A book.\n And more.\n"],
    [[4, 0, 2, 0], " Name of the book.\n"],
    [[5, 0], " How it is bound.\n"],
  ]);
  const document = openapi(service);
  await assertValid(document);
  const { tags, paths, components: { schemas } } = document;
  assert.equal(tags[0]!["description"], "Keeps books.");
  assert.equal(paths["/shop.v1.ShopService/GetBook"]!["post"]!["description"], "Gets one book.");
  assert.equal(paths["/v1/books/{name}"]!["get"]!["description"], "Gets one book.");
  assert.equal(schemas["shop.v1.Book"]!["description"], "A book.\nAnd more.");
  assert.equal(schemas["shop.v1.Binding"]!["description"], "How it is bound.");
  const { properties } = schemas["shop.v1.Book"] as { properties: Record<string, object> };
  assert.deepEqual(properties["name"], { type: "string", description: "Name of the book." });
});

test("openapi() leaves out what is not exposed", () => {
  const { paths, tags } = openapi([ShopService, DelayService], {
    expose: ["shop.v1.ShopService/CountBooks"],
  });
  assert.deepEqual(Object.keys(paths), ["/shop.v1.ShopService/CountBooks"]);
  assert.deepEqual(tags, [{ name: "shop.v1.ShopService" }]);
});

test("reference() serves a page that needs nothing of others", async () => {
  const document = openapi([ShopService, TextService], { title: '<"Shop">', description: "A & B" });
  const app = new Hono().route("/docs", reference(document, { path: "/all/page" }));
  const page = await app.request("/docs/all/page");
  assert.match(page.headers.get("Content-Type")!, /text\/html/);
  const html = await page.text();
  assert.match(html, /<h1>&lt;&quot;Shop&quot;&gt; <small>1\.0\.0<\/small><\/h1>/);
  assert.match(html, /<p>A &amp; B<\/p>/);
  assert.ok(!/<script|<style|style=|https?:/.test(html));
  const found = [...html.matchAll(/(?:href|src)="([^#"][^"]*)"/g)].map(([, link]) => link!);
  assert.deepEqual(found, ["page.css", "../openapi.json"]);
  for (const link of found) {
    const { pathname } = new URL(link, "http://localhost/docs/all/page");
    assert.equal((await app.request(pathname)).status, 200, pathname);
  }
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.has(id), id);
  for (const [path, verbs] of Object.entries(document.paths)) {
    assert.ok(html.includes(`<code>${path}</code>`), path);
    for (const { operationId } of Object.values(verbs)) assert.ok(ids.has(String(operationId)));
  }
});

test("reference() serves the document, and a page with a script that shows it", async () => {
  const app = reference(openapi(TextService, { title: '<"Shop">' }), {
    path: "/docs/reference",
    scriptUrl: "/static/reference.js",
    integrity: "sha384-x",
  });
  const document = await (await app.request("/openapi.json")).json();
  assert.equal(document.openapi, "3.1.0");
  const page = await app.request("/docs/reference");
  assert.match(page.headers.get("Content-Type")!, /text\/html/);
  const html = await page.text();
  assert.match(html, /<title>&lt;&quot;Shop&quot;&gt;<\/title>/);
  assert.match(html, /data-url="\.\.\/openapi\.json"/);
  assert.match(html, /<script src="\/static\/reference\.js" integrity="sha384-x"/);
});

/** The service from a descriptor that carries comments, as a descriptor set does. */
function withComments(service: DescService, comments: [number[], string][]): DescService {
  const files: DescFile[] = [];
  const collect = (file: DescFile): void => {
    if (files.includes(file)) return;
    file.dependencies.forEach(collect);
    files.push(file);
  };
  collect(service.file);
  const protos = files.map(({ proto }) => clone(FileDescriptorProtoSchema, proto));
  protos.at(-1)!.sourceCodeInfo = create(SourceCodeInfoSchema, {
    location: comments.map(([path, leadingComments]) => ({
      path,
      span: [0, 0, 0],
      leadingComments,
    })),
  });
  const set = create(FileDescriptorSetSchema, { file: protos });
  return createFileRegistry(set).getService(service.typeName)!;
}
