import { type Context, Hono } from "hono";
import { type Awaitable, getLogger } from "../core/mod.ts";

/** How something is. */
export interface Health {
  /** Whether it can do its work. */
  readonly ok: boolean;
  /** Why not, for people; empty if it can. They are shown to whoever asks. */
  readonly reasons: readonly string[];
}

/** What {@linkcode health} asks. An app of the component module fits. */
export interface HealthSource {
  /** Tells how it is. */
  health(): Awaitable<Health>;
}

/** Options of {@linkcode health}. */
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
 * `GET /healthz` answers 200 as long as the process answers at all: a lost connection comes back by
 * itself, and a restart would not help. `GET /readyz` asks the source, and answers 200 or 503. Both
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
    .get(livePath, (c) => answer(c, { ok: true, reasons: [] }))
    .get(readyPath, async (c) => answer(c, await ask(source)));
}

async function ask(source: HealthSource): Promise<Health> {
  try {
    return await source.health();
  } catch (error) {
    getLogger(["hono"]).error("Cannot tell the health: {error}", { error });
    return { ok: false, reasons: ["Cannot tell the health"] };
  }
}

function answer(c: Context, { ok, reasons }: Health): Response {
  const status = ok ? "ok" : "unavailable";
  return c.json({ status, reasons }, ok ? 200 : 503, { "Cache-Control": "no-store" });
}
