import { json, ShizukuError } from "../../src/core/mod.ts";
import { defineService, type Implementation, setResponseHeaders } from "../../src/services/mod.ts";

/** What the echo service is asked. */
export interface EchoRequest {
  text: string;
}

export const EchoService = defineService("echo.v1.EchoService", {
  echo: { input: json<EchoRequest>(), output: json<EchoRequest>(), noSideEffects: true },
  fail: { input: json<EchoRequest>(), output: json<EchoRequest>() },
  crash: { input: json<EchoRequest>(), output: json<EchoRequest>() },
  untilAborted: { input: json<EchoRequest>(), output: json<EchoRequest>() },
  wait: { input: json<EchoRequest>(), output: json<EchoRequest>() },
});

/** The echo service, and what its handlers have seen. */
export function createEcho(): {
  implementation: Implementation<typeof EchoService>;
  seen: { reasons: unknown[]; headers: (string | undefined)[]; remainingMs: number[] };
} {
  const seen = {
    reasons: [] as unknown[],
    headers: [] as (string | undefined)[],
    remainingMs: [] as number[],
  };
  return {
    seen,
    implementation: {
      echo(request, ctx) {
        setResponseHeaders(ctx, { "X-Length": String(request.text.length) });
        seen.headers.push(ctx.headers.get("X-Tenant"));
        seen.remainingMs.push(ctx.remainingMs);
        return request;
      },
      fail: ({ text }) => {
        throw new ShizukuError("failed_precondition", `Cannot echo ${text}`, {
          details: [{ type: "echo.v1.Reason", value: new Uint8Array([1, 2, 3]) }],
          cause: new Error("secret"),
        });
      },
      crash: () => {
        throw new Error("secret");
      },
      wait: (request, ctx) =>
        new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve(request))),
      untilAborted: (_request, ctx) =>
        new Promise((_, reject) => {
          ctx.signal.addEventListener("abort", () => {
            seen.reasons.push(ctx.signal.reason);
            reject(ctx.signal.reason);
          });
        }),
    },
  };
}
