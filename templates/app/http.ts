import type { RunningApp } from "@shizuku/shizuku/component";
import { health, rpc } from "@shizuku/shizuku/hono";
import { openapi, reference } from "@shizuku/shizuku/hono/openapi";
import { Hono } from "hono";

/** The HTTP side of the application: RPC, its description, and health. */
export function createHttp(app: RunningApp): Hono {
  return new Hono()
    .route("/", health(app)) // GET /healthz, GET /readyz
    .route("/", rpc(app)) // POST /guestbook.v1.GuestbookService/Sign
    .route("/", reference(openapi(app, { title: "Guestbook" }))); // GET /reference
}
