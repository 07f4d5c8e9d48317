import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, type MessageHeaders, ShizukuError } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import {
  createClient,
  localTransport,
  natsTransport,
  serve,
  type Transport,
} from "../../src/services/mod.ts";
import { startWorld } from "../_support/world.ts";
import { createEcho, EchoService } from "./_echo.ts";

type Echo = ReturnType<typeof createEcho>;

/** One case suite for every transport. */
const CASES: Record<string, (transport: Transport, echo: Echo) => Promise<void>> = {
  async "answers with what the handler returns"(transport) {
    const client = createClient(transport, EchoService);
    assert.deepEqual(await client.echo({ text: "Grüezi" }), { text: "Grüezi" });
  },
  async "carries headers and the remaining time"(transport, { seen }) {
    const client = createClient(transport, EchoService, { timeoutMs: 30_000 });
    await client.echo({ text: "a" }, { headers: { "X-Tenant": "acme" } });
    assert.deepEqual(seen.headers, ["acme"]);
    assert.ok(seen.remainingMs[0]! > 0 && seen.remainingMs[0]! <= 30_000);
  },
  async "refuses reserved headers"(transport) {
    const client = createClient(transport, EchoService);
    await assert.rejects(client.echo({ text: "a" }, { headers: { "Nats-Msg-Id": "1" } }), {
      code: "invalid_argument",
    });
  },
  async "carries code, message and details of an error, and not its cause"(transport) {
    const client = createClient(transport, EchoService);
    const error = await client.fail({ text: "x" }).then(() => undefined, (thrown) => thrown);
    assert.ok(ShizukuError.is(error));
    assert.equal(error.code, "failed_precondition");
    assert.equal(error.message, "Cannot echo x");
    assert.deepEqual(error.details, [{
      type: "echo.v1.Reason",
      value: new Uint8Array([1, 2, 3]),
    }]);
  },
  async "hides what an unknown error says"(transport) {
    const client = createClient(transport, EchoService);
    await assert.rejects(client.crash({ text: "x" }), {
      code: "internal",
      message: "Internal error",
    });
  },
  async "rejects at the deadline, and aborts the handler's signal"(transport, { seen }) {
    const client = createClient(transport, EchoService);
    await assert.rejects(client.untilAborted({ text: "" }, { timeoutMs: 50 }), {
      code: "deadline_exceeded",
    });
    await eventually(() => assert.equal(seen.reasons.length, 1));
    assert.equal(ShizukuError.from(seen.reasons[0]).code, "deadline_exceeded");
  },
  async "rejects at once when the caller cancels, and aborts the handler's signal"(
    transport,
    { seen },
  ) {
    const client = createClient(transport, EchoService);
    const controller = new AbortController();
    const call = client.untilAborted({ text: "" }, {
      signal: controller.signal,
      timeoutMs: 60_000,
    });
    // Until the handler has begun there is nothing to abort.
    await client.echo({ text: "" });
    const canceledAt = performance.now();
    controller.abort();
    await assert.rejects(call, { code: "canceled" });
    assert.ok(performance.now() - canceledAt < 10_000);
    await eventually(() => assert.equal(seen.reasons.length, 1));
    assert.equal(ShizukuError.from(seen.reasons[0]).code, "canceled");
    await assert.rejects(client.echo({ text: "" }, { signal: controller.signal }), {
      code: "canceled",
    });
  },
  async "gives a nested call no more time than is left"(transport, { seen }) {
    const client = createClient(transport, EchoService);
    using context = createContext({ deadline: performance.now() + 10_000 });
    await client.echo({ text: "" }, { context, timeoutMs: 60_000 });
    assert.ok(seen.remainingMs[0]! <= 10_001, `${seen.remainingMs[0]} ms`);
    const over = createContext({ deadline: performance.now() - 1 });
    await assert.rejects(client.echo({ text: "" }, { context: over }), {
      code: "deadline_exceeded",
      message: "Cannot call echo.v1.EchoService.echo as no time is left",
    });
  },
  async "carries the headers of a response"(transport) {
    const client = createClient(transport, EchoService);
    const heard: MessageHeaders[] = [];
    const onHeaders = (headers: MessageHeaders) => void heard.push(headers);
    await client.echo({ text: "four" }, { onHeaders });
    assert.deepEqual(heard.map((headers) => headers.get("x-length")), ["4"]);
  },
  async "refuses more calls than a method or the service may run, at once"(transport) {
    const client = createClient(transport, EchoService, { timeoutMs: 60_000 });
    const codeOf = (call: Promise<unknown>) => call.then(() => "ok", ({ code }) => code as string);
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [1, 2].map(() => codeOf(client.untilAborted({ text: "" }, { signal })));
    await assert.rejects(client.untilAborted({ text: "" }), {
      code: "resource_exhausted",
      message: "Cannot take the call: 2 calls of echo.v1.EchoService.untilAborted are running",
    });
    waiting.push(codeOf(client.wait({ text: "" }, { signal })));
    await assert.rejects(client.echo({ text: "" }), {
      code: "resource_exhausted",
      message: "Cannot take the call: 3 calls of echo.v1.EchoService are running",
    });
    controller.abort();
    assert.deepEqual(await Promise.all(waiting), Array(3).fill("canceled"));
    await eventually(() => client.echo({ text: "free again" }));
  },
  async "is unavailable where nobody answers"(transport) {
    await assert.rejects(
      transport.unary({
        service: "echo.v1.NoSuchService",
        method: "Echo",
        payload: new Uint8Array(),
        timeoutMs: 30_000,
      }),
      { code: "unavailable", message: /nobody answers there/ },
    );
  },
};

const LIMITS = { maxConcurrent: 3, methods: { untilAborted: { maxConcurrent: 2 } } };

for (const [name, run] of Object.entries(CASES)) {
  test(`localTransport() ${name}`, async () => {
    const echo = createEcho();
    await run(localTransport().add(EchoService, echo.implementation, LIMITS), echo);
  });

  test(`natsTransport() ${name}`, async () => {
    await using world = await startWorld();
    const echo = createEcho();
    await using _service = await serve(world.nc, EchoService, echo.implementation, {
      ...LIMITS,
      drainTimeoutMs: 500,
    });
    await run(natsTransport(await world.connect()), echo);
  });
}
