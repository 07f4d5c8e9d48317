import {
  headers as createHeaders,
  type Msg,
  type NatsConnection,
  type Subscription,
} from "@nats-io/nats-core";
import {
  getLogger,
  type HeadersRecord,
  type Logger,
  MessageHeaders,
  ShizukuError,
  writeHeaders,
} from "../core/mod.ts";
import type { Endpoint, EndpointResponse, Endpoints } from "./endpoint.ts";
import { EndpointStats } from "./endpoint_stats.ts";
import { answerMicro, type MicroInfo } from "./micro.ts";
import { RunningCalls } from "./_running_calls.ts";
import { ServedCall } from "./_served_call.ts";
import type { ServeEndpointsOptions, Service } from "./serve.ts";
import { keepSubscribed } from "./_keep_subscribed.ts";
import { watchStatus } from "./_watch_status.ts";
import {
  cancelSubject,
  CONTENT_TYPE_HEADER,
  errorToHeaders,
  rpcSubject,
  timeoutOfHeaders,
  timeoutOfReply,
} from "./wire.ts";

const CANCELED = "The caller waits no longer";

/** A service on one connection. */
export class Server implements Service {
  readonly typeName: string;
  readonly name: string;
  readonly id: string;
  readonly endpoints: Endpoints;
  readonly stopped: Promise<void>;
  readonly #nc: NatsConnection;
  readonly #options: ServeEndpointsOptions;
  readonly #logger: Logger;
  readonly #stats = new Map<string, EndpointStats>();
  readonly #running = new RunningCalls();
  readonly #problems = new Map<string, string>();
  /** What answers calls. */
  readonly #subscriptions: { drain(): Promise<void> }[] = [];
  /** What answers questions about the service, which it does until the last call is answered. */
  readonly #micro: Subscription[] = [];
  readonly #disposables: Disposable[] = [];
  #onStopped: () => void = () => {};
  #stopping: Promise<void> | undefined;

  constructor(
    nc: NatsConnection,
    typeName: string,
    endpoints: Endpoints,
    options: ServeEndpointsOptions,
    id: string,
  ) {
    this.#nc = nc;
    this.typeName = typeName;
    this.name = typeName.replaceAll(".", "-");
    this.id = id;
    this.endpoints = endpoints;
    this.#options = options;
    this.#logger = getLogger(["services", typeName]);
    this.stopped = new Promise((resolve) => this.#onStopped = resolve);
  }

  get problem(): string | undefined {
    const [first] = this.#problems.values();
    return first;
  }

  async start(): Promise<void> {
    const info = this.#info();
    this.#disposables.push(watchStatus(this.#nc, (event) => this.#options.onEvent?.(event)));
    for (const { name, subject, queue_group: queue } of info.endpoints) {
      const endpoint = this.endpoints.get(name)!;
      const stats = new EndpointStats();
      this.#stats.set(name, stats);
      this.#listen(subject, queue, (message) => this.#receive(endpoint, stats, message));
    }
    const { prefix = "rpc" } = this.#options;
    this.#listen(cancelSubject(prefix, this.typeName), "", (message) => {
      this.#running.cancel(message.string(), new ShizukuError("canceled", CANCELED));
    });
    const started = new Date().toISOString();
    const figures = (name: string) => this.#stats.get(name)!.figures;
    this.#micro.push(...answerMicro(this.#nc, { info, started, figures }));
    // A connection that closes takes everything with it.
    void this.#nc.closed().then(() => this.stop());
    await this.#nc.flush();
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #info(): Omit<MicroInfo, "type"> {
    const { version = "0.1.0", description = "", metadata, prefix = "rpc", queue = "q" } =
      this.#options;
    return {
      name: this.name,
      id: this.id,
      version,
      description,
      metadata: { contract: this.typeName, ...metadata },
      endpoints: [...this.endpoints.values()].map(({ method }) => ({
        name: method.name,
        subject: rpcSubject(prefix, this.typeName, method.name),
        queue_group: queue,
        metadata: {
          "content-types": [...method.input.keys()].join(","),
          ...(method.noSideEffects && { idempotency: "NO_SIDE_EFFECTS" }),
        },
      })),
    };
  }

  #listen(subject: string, queue: string, receive: (message: Msg) => void): void {
    this.#subscriptions.push(keepSubscribed(this.#nc, subject, queue, receive, (event) => {
      if (event.type === "subscription_restored") this.#problems.delete(subject);
      else if (event.type === "subscription_error") {
        this.#problems.set(subject, `Cannot listen on ${subject}: ${event.error.message}`);
        this.#logger.error("Cannot listen on {subject}: {error}", { ...event });
      }
      this.#options.onEvent?.(event);
    }));
  }

  #receive(endpoint: Endpoint, stats: EndpointStats, message: Msg): void {
    if (!message.reply) {
      this.#logger.warn("Dropped a call of {subject}: it has no reply subject", {
        subject: message.subject,
      });
      return;
    }
    // #answer() never rejects: whatever goes wrong becomes an error reply or a line in the log.
    void this.#answer(endpoint, stats, message, message.reply);
  }

  async #answer(
    endpoint: Endpoint,
    stats: EndpointStats,
    message: Msg,
    reply: string,
  ): Promise<void> {
    const started = performance.now();
    const headers = message.headers === undefined
      ? undefined
      : MessageHeaders.from(message.headers);
    const timeoutMs = timeoutOfReply(reply) ?? (headers && timeoutOfHeaders(headers));
    const deadline = timeoutMs === undefined ? undefined : started + timeoutMs;
    const call = new ServedCall(deadline);
    this.#running.add(reply, call);
    try {
      const response = await endpoint.call({
        payload: message.data,
        contentType: headers?.get(CONTENT_TYPE_HEADER),
        headers,
        signal: call,
        deadline,
        subject: message.subject,
      });
      if (!call.isAbandoned) this.#respond(message, endpoint, response);
    } catch (thrown) {
      const error = ShizukuError.from(thrown);
      stats.countError(error);
      this.#logFailure(endpoint, error);
      if (!call.isAbandoned) send(message, undefined, errorToHeaders(error));
    } finally {
      call[Symbol.dispose]();
      this.#running.delete(reply);
      stats.countRequest(performance.now() - started);
    }
  }

  #respond(message: Msg, endpoint: Endpoint, response: EndpointResponse): void {
    const { payload, contentType } = response;
    const max = this.#nc.info?.max_payload ?? Infinity;
    if (payload.length > max) {
      throw new ShizukuError(
        "resource_exhausted",
        `Cannot answer as a response must have at most ${max} bytes: ` +
          `current size is ${payload.length}`,
        { stage: "post", retryable: false },
      );
    }
    const isDefault = contentType === endpoint.method.output.keys().next().value;
    const headers = isDefault
      ? response.headers
      : { ...response.headers, [CONTENT_TYPE_HEADER]: contentType };
    send(message, payload, headers);
  }

  #logFailure(endpoint: Endpoint, error: ShizukuError): void {
    const values = { method: endpoint.method.name, error, cause: error.cause };
    // What a handler throws on purpose is an answer; what nobody expected is for whoever runs it.
    if (error.code === "internal") this.#logger.error("{method} failed: {error}", values);
    else this.#logger.debug("{method} failed: {error}", values);
  }

  async #stop(): Promise<void> {
    try {
      if (!this.#nc.isClosed()) await this.#drain();
    } catch (error) {
      // The connection went away meanwhile: there is nothing left to drain.
      this.#logger.warn("Stopped without draining: {error}", { error });
    }
    this.#running.stop(new ShizukuError("unavailable", "The service is stopping"));
    for (const disposable of this.#disposables) disposable[Symbol.dispose]();
    this.#onStopped();
  }

  async #drain(): Promise<void> {
    const { drainTimeoutMs = 10_000 } = this.#options;
    await Promise.all(this.#subscriptions.map((subscription) => subscription.drain()));
    await this.#running.idle(drainTimeoutMs);
    this.#running.stop(new ShizukuError("unavailable", "The service is stopping"));
    for (const subscription of this.#micro) subscription.unsubscribe();
    await this.#nc.flush();
  }
}

function send(
  message: Msg,
  payload: Uint8Array | undefined,
  headers: HeadersRecord | undefined,
): void {
  if (headers === undefined) {
    message.respond(payload);
    return;
  }
  const target = createHeaders();
  writeHeaders(headers, target);
  message.respond(payload, { headers: target });
}
