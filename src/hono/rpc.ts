import { type Context, Hono } from "hono";
import type { HeadersRecord } from "../core/mod.ts";
import {
  type ServiceContract,
  type ServiceInfo,
  serviceInfo,
  type Transport,
} from "../services/mod.ts";
import { checkSettings, type RpcSettings } from "./_check_settings.ts";
import { type ConnectRequest, readGet, readPost } from "./_connect_request.ts";
import { toContentType } from "./_content_type.ts";
import { DisconnectWatch } from "./_disconnect_watch.ts";
import { invoke } from "./_invoke.ts";
import { readMessage } from "./_read_message.ts";
import { type Refusal, refuseContentType, refuseMethod, refuseVerb } from "./_refusal.ts";
import { errorResponse } from "./_error_response.ts";
import { handleRpcError } from "./handle_rpc_error.ts";

/** What {@linkcode rpc} serves. An app of the component module fits. */
export interface RpcSource {
  /** The services, each with a name of its own. */
  readonly contracts: readonly ServiceContract[];
  /** How calls reach them. Read at each call. */
  readonly transport: Transport;
}

/** Options of {@linkcode rpc}. */
export interface RpcOptions {
  /**
   * Largest message that is taken, in bytes, both as sent and decompressed; a larger one is
   * answered with `resource_exhausted`. The default is what a nats-server takes by default.
   * @default {1048576}
   */
  maxBodyBytes?: number;
  /**
   * Longest time that a call may take, in milliseconds, whatever its caller asks for.
   * @default {60000}
   */
  maxTimeoutMs?: number;
  /**
   * How long a call may take whose caller does not say, in milliseconds; at most `maxTimeoutMs`.
   * @default {5000}
   */
  defaultTimeoutMs?: number;
  /**
   * Names of the request headers that go along with a call, such as `["Authorization"]`. No other
   * header does; `Nats-*` and `Shizuku-*` cannot be named.
   * @default {[]}
   */
  forwardHeaders?: readonly string[];
}

/**
 * Makes a Hono sub-app that serves contracts in the Connect protocol.
 *
 * Every method answers `POST /<package>.<Service>/<Method>` in the content types of its contract
 * (for protobuf `application/json` and `application/proto`), and `GET` if it has no side effects.
 * Requests may be gzipped. The caller's `Connect-Timeout-Ms` and disconnect reach the handler's
 * `ctx.signal`. Errors are Connect JSON; causes stay in the log.
 *
 * Authentication, CORS and compression of responses are middleware of the app that it is mounted
 * on; give that app {@linkcode handleRpcError} so that their exceptions reach callers in the same
 * form.
 *
 * @param source The services and the way to them.
 * @returns To be mounted by `app.route(basePath, ...)`, at any base path.
 * @throws {RangeError} If a number among the options is out of range.
 * @throws {TypeError} If a header cannot be forwarded or two services share a name.
 * @throws {ShizukuError} `unimplemented` if a method streams.
 * @example Under a base path, with authentication
 * ```ts
 * import { Hono } from "hono";
 * import { bearerAuth } from "hono/bearer-auth";
 * import { json } from "@shizuku/shizuku/core";
 * import { handleRpcError, rpc } from "@shizuku/shizuku/hono";
 * import { defineService, localTransport } from "@shizuku/shizuku/services";
 *
 * const MathService = defineService("math.v1.MathService", {
 *   double: { input: json<number>(), output: json<number>(), noSideEffects: true },
 * });
 * const transport = localTransport().add(MathService, { double: (n) => n * 2 });
 * const app = new Hono()
 *   .use("/api/*", bearerAuth({ token: "secret" }))
 *   .route("/api", rpc({ contracts: [MathService], transport }))
 *   .onError(handleRpcError);
 *
 * const url = "/api/math.v1.MathService/double?encoding=json&message=21";
 * const response = await app.request(url, { headers: { Authorization: "Bearer secret" } });
 * console.log(await response.json()); // 42
 * ```
 * @see https://connectrpc.com/docs/protocol
 */
export function rpc(source: RpcSource, options: RpcOptions = {}): Hono {
  const gateway = { source, settings: checkSettings(options), watch: new DisconnectWatch() };
  const app = new Hono();
  for (const service of readServices(source.contracts)) {
    // One route for each service and not for each method: an unknown one is answered here as well.
    app.all(`/${service.typeName}/:method`, (c) => answer(c, service, gateway));
  }
  return app.onError(handleRpcError);
}

function readServices(contracts: readonly ServiceContract[]): Iterable<ServiceInfo> {
  const services = new Map<string, ServiceInfo>();
  for (const contract of contracts) {
    const service = serviceInfo(contract);
    if (services.has(service.typeName)) {
      throw new TypeError(
        `Cannot serve contracts as their names must be unique: ${service.typeName} is there twice`,
      );
    }
    services.set(service.typeName, service);
  }
  return services.values();
}

/** What the calls of all services share. */
interface Gateway {
  readonly source: RpcSource;
  readonly settings: RpcSettings;
  readonly watch: DisconnectWatch;
}

async function answer(
  c: Context,
  service: ServiceInfo,
  { source, settings, watch }: Gateway,
): Promise<Response> {
  const startedAt = performance.now();
  const method = service.methods.get(c.req.param("method") ?? "");
  if (method === undefined) return refuse(c, refuseMethod(c.req.path));
  const isGet = c.req.method === "GET";
  if (!(isGet ? method.noSideEffects : c.req.method === "POST")) {
    return refuse(c, refuseVerb(c.req.method, method));
  }
  const request = isGet ? readGet(c.req) : readPost(c.req);
  const contentType = toContentType(request.contentType, method.input);
  if (contentType === undefined) return refuse(c, refuseContentType(request.contentType, method));
  const payload = await readMessage(c.req, request, settings.maxBodyBytes);
  const response = await invoke(source.transport, watch, {
    service: service.typeName,
    method,
    contentType,
    payload,
    headers: pickHeaders(c, settings.forwardHeaders),
    timeoutMs: remainingMs(request, settings, startedAt),
    caller: c.req.raw,
  });
  return c.body(response.payload as Uint8Array<ArrayBuffer>, 200, {
    "Content-Type": response.contentType,
  });
}

function refuse(c: Context, { error, status, headers }: Refusal): Response {
  return errorResponse(c, error, status, headers);
}

function pickHeaders(c: Context, names: readonly string[]): HeadersRecord | undefined {
  if (names.length === 0) return undefined;
  const found = names.map((name) => [name, c.req.header(name)]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/** What is left of the caller's time: reading the message took some of it. */
function remainingMs(
  { timeoutMs }: ConnectRequest,
  { defaultTimeoutMs, maxTimeoutMs }: RpcSettings,
  startedAt: number,
): number {
  const allowedMs = Math.min(timeoutMs ?? defaultTimeoutMs, maxTimeoutMs);
  return Math.ceil(allowedMs - (performance.now() - startedAt));
}
