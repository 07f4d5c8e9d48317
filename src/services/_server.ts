import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { onDeniedPublish } from "../connection/mod.ts";
import { getLogger, type Logger, ShizukuError } from "../core/mod.ts";
import { keepSubscribed } from "./_keep_subscribed.ts";
import { RunningCalls } from "./_running_calls.ts";
import { ServedEndpoint } from "./_served_endpoint.ts";
import { watchStatus } from "./_watch_status.ts";
import type { Endpoints } from "./endpoint.ts";
import { answerMicro, type MicroInfo } from "./micro.ts";
import type { ServeEndpointsOptions, Service } from "./serve.ts";
import { cancelSubject, rpcSubject } from "./wire.ts";

const CANCELED = "The caller waits no longer";
/** So many replies are remembered, to know one that the server refuses: it says so at once. */
const REMEMBERED_REPLIES = 64;
/** Under which name what is wrong with replies is kept, beside the subjects. */
const REPLIES = "replies";

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
  readonly #served = new Map<string, ServedEndpoint>();
  readonly #running = new RunningCalls();
  readonly #problems = new Map<string, string>();
  readonly #replies = new Array<string | undefined>(REMEMBERED_REPLIES).fill(undefined);
  #replyCount = 0;
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
    this.#disposables.push(
      watchStatus(this.#nc, (event) => {
        // Another server, or the same one with other permissions.
        if (event.type === "reconnect") this.#problems.delete(REPLIES);
        this.#options.onEvent?.(event);
      }),
      onDeniedPublish(this.#nc, (error, subject) => this.#onDenied(error, subject)),
    );
    const by = { nc: this.#nc, running: this.#running, logger: this.#logger };
    for (const { name, subject, queue_group: queue } of info.endpoints) {
      const served = new ServedEndpoint(this.endpoints.get(name)!, subject, by);
      this.#served.set(name, served);
      this.#listen(subject, queue, (message) => {
        this.#replies[this.#replyCount++ % REMEMBERED_REPLIES] = message.reply;
        served.receive(message);
      });
    }
    const { prefix = "rpc" } = this.#options;
    this.#listen(cancelSubject(prefix, this.typeName), "", (message) => {
      this.#running.cancel(message.string(), new ShizukuError("canceled", CANCELED));
    });
    const started = new Date().toISOString();
    const figures = (name: string) => this.#served.get(name)!.stats.figures;
    const onRefused = (error: Error) =>
      this.#logger.warn("Cannot be discovered: {error}", { error });
    this.#micro.push(...answerMicro(this.#nc, { info, started, figures, onRefused }));
    // A connection that closes takes everything with it.
    void this.#nc.closed().then(() => this.stop());
    // What is refused comes before the answer: from the beginning it is known what is wrong.
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

  /** A caller whose reply is refused hears nothing, so that the service has to say it. */
  #onDenied({ message }: Error, subject: string): void {
    if (!this.#replies.includes(subject) || this.#problems.has(REPLIES)) return;
    this.#problems.set(REPLIES, `Cannot answer calls of ${this.typeName}: ${message}`);
    this.#logger.error("Cannot answer on {subject}: {message}", { subject, message });
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
