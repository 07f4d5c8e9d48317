import type { Budget, Runtime } from "../services/_budgets.ts";

/** Unary JSON within the process, to a Hono route that only reads and writes the same JSON. */
export const PLAIN_ROUTE: Budget = { atLeast: 0.9 };

/** The same, to the router of Connect-ES in Hono. */
export const STOCK_ROUTER: Budget = { atLeast: 3.5 };

/** Through NATS, to a Hono route that calls the raw client's `request()`. */
export const RAW_REQUEST: Record<Runtime, Budget> = {
  node: { atLeast: 1.3 },
  deno: { atLeast: 1.8 },
  bun: { atLeast: 1.5 },
};

/** Time to write the OpenAPI document of 100 services, in milliseconds. */
export const OPENAPI_MS: Budget = { atMost: 50 };
