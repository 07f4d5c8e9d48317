import assert from "node:assert/strict";
import { test } from "node:test";
import { json, text } from "../../src/core/mod.ts";
import { isPublic, rest, rpc } from "../../src/hono/mod.ts";
import {
  defineService,
  localTransport,
  serviceInfo,
  setResponseHeaders,
} from "../../src/services/mod.ts";
import { delaysApp, GET_AIRPORT, post, REBUILD } from "./_delays.ts";
import { shop, type ShopCall, ShopService } from "./_shop.ts";

const NoteService = defineService("note.v1.NoteService", {
  write: { input: text, output: text },
  read: { input: text, output: text, noSideEffects: true },
});

function noteApp(written: string[] = []) {
  const transport = localTransport().add(NoteService, {
    write(note) {
      written.push(note);
      return note;
    },
    read: (note) => note,
  });
  return rpc(NoteService, { transport });
}

test("rpc() takes no call that a page of another origin can send without asking", async (t) => {
  const types = [
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
  ];
  for (const type of [...types, ""]) {
    await t.test(`type ${JSON.stringify(type)}`, async () => {
      const written: string[] = [];
      const headers: [string, string][] = type === "" ? [] : [["Content-Type", type]];
      const init = { method: "POST", body: new TextEncoder().encode("{}"), headers };
      for (const path of ["/note.v1.NoteService/write", REBUILD]) {
        const app = path === REBUILD ? delaysApp() : noteApp(written);
        assert.equal((await app.request(path, init)).status, 415);
      }
      assert.deepEqual(written, []);
    });
  }
});

test("rpc() takes a simple content type with a header that no page can set without asking", async () => {
  const written: string[] = [];
  const headers = { "Content-Type": "text/plain", "Connect-Protocol-Version": "1" };
  const init = { method: "POST", body: "hello", headers };
  const response = await noteApp(written).request("/note.v1.NoteService/write", init);
  assert.equal(response.status, 200);
  assert.deepEqual(written, ["hello"]);
});

test("rpc() takes a simple content type where a call changes nothing", async () => {
  const init = { method: "POST", body: "hello", headers: { "Content-Type": "text/plain" } };
  assert.equal((await noteApp().request("/note.v1.NoteService/read", init)).status, 200);
});

test("rest() takes no POST that a page of another origin can send without asking", async () => {
  const calls: ShopCall[] = [];
  const app = rest(ShopService, { transport: shop(calls) });
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/json", undefined]) {
    const headers = type === undefined ? undefined : { "Content-Type": type };
    for (const path of ["/v1/books/7:order", "/v1/shelves/1/books"]) {
      const response = await app.request(path, { method: "POST", body: "{}", headers: headers! });
      assert.equal(response.status, 415);
    }
  }
  assert.deepEqual(calls, []);
});

test("rpc() ignores headers and parameters that ask for another verb", async (t) => {
  const headers = {
    "X-HTTP-Method-Override": "POST",
    "X-HTTP-Method": "POST",
    "X-Method-Override": "POST",
  };
  await t.test("GET stays GET", async () => {
    const response = await delaysApp().request(`${REBUILD}?_method=POST`, { headers });
    assert.equal(response.status, 405);
  });
  await t.test("POST stays POST", async () => {
    const init = post(undefined, { "X-HTTP-Method-Override": "DELETE" });
    assert.equal((await delaysApp().request(`${GET_AIRPORT}?_method=DELETE`, init)).status, 200);
  });
});

test("rpc() refuses to forward headers of NATS, our own and HTTP's own", () => {
  const names = ["Nats-Msg-Id", "SHIZUKU-CODE", "Content-Type", "connect-timeout-ms", "Host", "TE"];
  for (const name of names) {
    assert.throws(() => delaysApp({ headers: [name] }), /none that is reserved/);
  }
});

test("rpc() refuses forwarded values that NATS cannot carry", async () => {
  const app = delaysApp({ headers: ["X-Tenant"] });
  const response = await app.request(GET_AIRPORT, post(undefined, { "X-Tenant": "z\u00fcrich" }));
  assert.equal(response.status, 400);
  assert.equal((await response.json()).code, "invalid_argument");
});

test("rpc() passes no header of a component on that is not for callers", async () => {
  const service = defineService("x.v1.X", { x: { input: json<null>(), output: json<null>() } });
  const transport = localTransport().add(service, {
    x(_, ctx) {
      setResponseHeaders(ctx, {
        "Content-Length": "7",
        "Content-Encoding": "br",
        "Transfer-Encoding": "chunked",
        Connection: "close",
        "Connect-Content-Encoding": "br",
        ETag: '"7"',
        "X-List": ["a", "b"],
      });
      return null;
    },
  });
  const response = await rpc(service, { transport }).request("/x.v1.X/x", post("null"));
  assert.deepEqual(Object.fromEntries(response.headers), {
    "content-type": "application/json",
    etag: '"7"',
    "x-list": "a, b",
  });
});

test("isPublic() exposes what its .proto marks, and nothing else", async () => {
  const app = rpc([ShopService, NoteService], { transport: shop(), expose: isPublic });
  assert.equal((await app.request("/shop.v1.ShopService/GetBook", post("{}"))).status, 200);
  for (const path of ["/shop.v1.ShopService/ListBooks", "/note.v1.NoteService/read"]) {
    assert.equal((await app.request(path, post("{}"))).status, 404);
  }
});

test("rpc() answers the same for a method that is not exposed and for one that is not there", async () => {
  const app = rpc(ShopService, { transport: shop(), expose: ["shop.v1.ShopService/GetBook"] });
  const [hidden, absent] = await Promise.all(["ListBooks", "NoBooks"].map(async (name) => {
    const response = await app.request(`/shop.v1.ShopService/${name}`, post("{}"));
    return [response.status, (await response.text()).replace(name, "")];
  }));
  assert.deepEqual(hidden, absent);
  assert.ok(serviceInfo(ShopService).methods.has("ListBooks"));
});
