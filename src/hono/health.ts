import { type Context, Hono } from "hono";
import { type Awaitable, getLogger } from "../core/mod.ts";

/**
 * How something is.
 *
 * @example
 * ```ts
 * import { health, type Health } from "@shizuku/shizuku/hono";
 *
 * const app = health({ health: (): Health => ({ ok: false, reasons: ["No database"] }) });
 * console.log((await app.request("/readyz")).status); // 503
 * ```
 */
export interface Health {
  /** Whether it can do its work. */
  readonly ok: boolean;
  /** Why not, for people; empty if it can. They are shown to whoever asks. */
  readonly reasons: readonly string[];
}

/**
 * What {@linkcode health} asks. An app of the component module fits.
 *
 * @example
 * ```ts
 * import { health, type HealthSource } from "@shizuku/shizuku/hono";
 *
 * const source: HealthSource = {
 *   health: () => ({ ok: false, reasons: ["The cache is empty"] }),
 *   liveness: () => ({ ok: true, reasons: [] }),
 * };
 * const app = health(source);
 * console.log((await app.request("/healthz")).status); // 200
 * console.log((await app.request("/readyz")).status); // 503
 * ```
 */
export interface HealthSource {
  /** Tells how it is. */
  health(): Awaitable<Health>;
  /**
   * Tells whether it can still get well by itself. By default a process that answers can.
   */
  liveness?(): Awaitable<Health>;
}

/**
 * Options of {@linkcode health}.
 *
 * @example
 * ```ts
 * import { health } from "@shizuku/shizuku/hono";
 *
 * const source = { health: () => ({ ok: true, reasons: [] }) };
 * const app = health(source, { livePath: "/live", readyPath: "/ready" });
 * console.log((await app.request("/ready")).status); // 200
 * ```
 */
export interface HealthOptions {
  /**
   * Path that tells whether the process lives.
   * @default {"/healthz"}
   */
  livePath?: string;
  /**
   * Path that tells whether it can do its work.
   * @default {"/readyz"}
   */
  readyPath?: string;
}

/**
 * Makes a Hono sub-app for the probes of an orchestrator.
 *
 * `GET /healthz` asks the source for its liveness: a lost connection comes back by itself, and a
 * restart would not help; a connection that is closed for good does not. `GET /readyz` asks whether
 * it can do its work. Both answer 200 or 503. Both
 * send `{"status": "ok" | "unavailable", "reasons": string[]}`. A source that throws is
 * unavailable; what it threw goes to the log, category `shizuku.hono`.
 *
 * @returns To be mounted by `app.route(basePath, ...)`.
 * @example
 * ```ts
 * import { health } from "@shizuku/shizuku/hono";
 *
 * const app = health({ health: () => ({ ok: false, reasons: ["Not connected"] }) });
 * const response = await app.request("/readyz");
 * console.log(response.status); // 503
 * console.log(await response.text()); // {"status":"unavailable","reasons":["Not connected"]}
 * ```
 */
export function health(source: HealthSource, options: HealthOptions = {}): Hono {
  const { livePath = "/healthz", readyPath = "/readyz" } = options;
  return new Hono()
    .get(livePath, async (c) => answer(c, await ask(() => source.liveness?.() ?? LIVES)))
    .get(readyPath, async (c) => answer(c, await ask(() => source.health())));
}

const LIVES: Health = { ok: true, reasons: [] };

async function ask(question: () => Awaitable<Health>): Promise<Health> {
  try {
    return await question();
  } catch (error) {
    getLogger(["hono"]).error("Cannot tell the health: {error}", { error });
    return { ok: false, reasons: ["Cannot tell the health"] };
  }
}

function answer(c: Context, { ok, reasons }: Health): Response {
  const status = ok ? "ok" : "unavailable";
  return c.json({ status, reasons }, ok ? 200 : 503, { "Cache-Control": "no-store" });
}
