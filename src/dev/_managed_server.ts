import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { askMonitor } from "./_monitor.ts";
import { ParentTie } from "./_parent_tie.ts";
import { poll } from "./_poll.ts";
import { HOST } from "./_ports.ts";
import { type ClusterConfig, type TlsFiles, toServerConfig } from "./_server_config.ts";
import { ServerProcess, tailOf } from "./_server_process.ts";
import type { NatsServerBinary } from "./find_nats_server.ts";
import type {
  NatsServer,
  NatsServerExit,
  NatsServerOptions,
  NatsServerState,
  NatsServerStopOptions,
  NatsServerTls,
} from "./nats_server.ts";
import { NatsServerStartError } from "./nats_server_start_error.ts";

const LOG_TAIL_BYTES = 64 * 1024;
const LOG_FILE_BYTES = 64 * 1024 * 1024;
const ERROR_LOG_LINES = 30;

/** The ports of one server, which stay the same over restarts. */
export interface ServerPorts {
  readonly client: number;
  readonly monitor: number;
  readonly websocket?: number;
}

/** All that is decided before a server starts. */
export interface ServerPlan {
  readonly binary: NatsServerBinary;
  readonly name: string;
  readonly ports: ServerPorts;
  readonly options: NatsServerOptions;
  readonly cluster?: ClusterConfig;
}

/** A server with its folder for configuration, log and, unless one is given, the store. */
export class ManagedServer implements NatsServer {
  readonly name: string;
  readonly port: number;
  readonly monitorPort: number;
  readonly url: string;
  readonly wsUrl: string | undefined = undefined;
  readonly monitorUrl: string;
  readonly version: string;
  readonly storeDir: string | undefined = undefined;
  readonly #plan: ServerPlan;
  readonly #folder: string = join(tmpdir(), `shizuku-nats-${randomUUID()}`);
  readonly #onAbort = (): void => void this.stop();
  #run: ServerProcess | undefined;
  #tie: ParentTie | undefined;
  #paused = false;
  #lastLog = "";
  #queue: Promise<unknown> = Promise.resolve();

  /** Starts a server; a failed start leaves nothing behind. */
  static async start(plan: ServerPlan): Promise<ManagedServer> {
    const server = new ManagedServer(plan);
    try {
      await server.#launch();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(plan: ServerPlan) {
    const { ports, options: { tls, jetstream = true, storeDir } } = plan;
    this.#plan = plan;
    this.name = plan.name;
    this.version = plan.binary.version;
    this.port = ports.client;
    this.monitorPort = ports.monitor;
    this.url = `${tls ? "tls" : "nats"}://${HOST}:${ports.client}`;
    if (ports.websocket) this.wsUrl = `${tls ? "wss" : "ws"}://${HOST}:${ports.websocket}`;
    this.monitorUrl = `http://${HOST}:${ports.monitor}`;
    if (jetstream) this.storeDir = resolve(storeDir ?? join(this.#folder, "store"));
  }

  get pid(): number | undefined {
    return this.#run?.exit ? undefined : this.#run?.pid;
  }

  get state(): NatsServerState {
    if (!this.#run || this.#run.exit) return "stopped";
    return this.#paused ? "paused" : "running";
  }

  get log(): string {
    return tailOf(this.#logFile, LOG_TAIL_BYTES) || this.#lastLog;
  }

  get exited(): Promise<NatsServerExit> {
    return this.#run!.exited;
  }

  stop(options: NatsServerStopOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      if (!options.keepStore) await this.#clear();
    });
  }

  // Not in turn: it is meant for a server that does not stop, too.
  async kill(): Promise<void> {
    this.#run?.signal("SIGKILL");
    await this.#run?.ended();
  }

  pause(): void {
    this.#requireSignals("pause");
    this.#run?.signal("SIGSTOP");
    this.#paused = true;
  }

  resume(): void {
    this.#requireSignals("resume");
    this.#run?.signal("SIGCONT");
    this.#paused = false;
  }

  restart(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      await this.#launch();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #logFile(): string {
    return join(this.#folder, "server.log");
  }

  /** Runs stops and restarts one after the other. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(action);
    // The caller hears of a failure; the next in the queue has its own attempt.
    this.#queue = result.catch(() => {});
    return result;
  }

  async #launch(): Promise<void> {
    const args = await this.#prepare();
    this.#tie ??= new ParentTie(this.#folder);
    const logStart = sizeOf(this.#logFile);
    const run = new ServerProcess(this.#plan.binary.path, args, this.#logFile);
    this.#run = run;
    this.#paused = false;
    this.#tie.watch(run.pid);
    void run.exited.then(() => this.#run === run && this.#tie?.watch(undefined));
    try {
      const failure = await this.#untilReady(run, logStart);
      if (failure === undefined) {
        this.#plan.options.signal?.addEventListener("abort", this.#onAbort);
        return;
      }
      const log = this.#logSince(logStart).trim().split("\n").slice(-ERROR_LOG_LINES).join("\n");
      const command = [this.#plan.binary.path, ...args].join(" ");
      throw new NatsServerStartError({ reason: failure, command, log });
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Writes what the server reads, and returns its arguments. */
  async #prepare(): Promise<string[]> {
    const { options, name, ports, cluster } = this.#plan;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const configFile = join(this.#folder, "server.conf");
    const config = toServerConfig({
      serverName: name,
      port: ports.client,
      monitorPort: ports.monitor,
      websocketPort: ports.websocket,
      storeDir: this.storeDir,
      maxPayload: options.maxPayload,
      user: options.user,
      password: options.password,
      token: options.token,
      tls: options.tls && await writeTlsFiles(options.tls, this.#folder),
      cluster,
      extra: options.config,
    });
    await writeFile(configFile, config, { mode: 0o600 });
    // Flags win over the file, so `config` cannot send the log elsewhere.
    const limit = ["--log_size_limit", String(LOG_FILE_BYTES)];
    return ["--config", configFile, "--log", this.#logFile, ...limit];
  }

  /** Waits until it takes connections; returns why if it will not. */
  async #untilReady(run: ServerProcess, logStart: number): Promise<string | undefined> {
    const { options: { startTimeoutMs = 30_000, jetstream = true, signal }, ports } = this.#plan;
    const wanted = `wanted it ready on ${HOST}:${ports.client}${
      jetstream ? " with JetStream" : ""
    }`;
    const result = await poll(async () => {
      if (run.exit) return `${wanted}, but it ended ${describeExit(run.exit)}`;
      // The log first: on a port in use, the monitor of another server would answer.
      if (!this.#logSince(logStart).includes("Server is ready")) return undefined;
      const health = await askMonitor(ports.monitor, "/healthz?js-enabled-only=true");
      return health?.status === 200 ? "ready" : undefined;
    }, { timeoutMs: startTimeoutMs, signal });
    if (result === undefined) return `${wanted} within ${startTimeoutMs} ms, but it is not`;
    return result === "ready" ? undefined : result;
  }

  #logSince(start: number): string {
    return tailOf(this.#logFile, Math.max(0, sizeOf(this.#logFile) - start));
  }

  async #end(): Promise<void> {
    const run = this.#run;
    if (!run || run.exit) return;
    run.signal("SIGTERM");
    // A paused process would hear of the end only when it goes on.
    if (this.#paused) this.resume();
    await poll(() => run.exit, { timeoutMs: this.#plan.options.stopTimeoutMs ?? 5_000 });
    run.signal("SIGKILL");
    await run.ended();
  }

  async #clear(): Promise<void> {
    this.#plan.options.signal?.removeEventListener("abort", this.#onAbort);
    this.#lastLog = this.log;
    await rm(this.#folder, { recursive: true, force: true });
    await this.#tie?.release();
    this.#tie = undefined;
  }

  #requireSignals(action: string): void {
    if (process.platform !== "win32") return;
    throw new Error(`Cannot ${action} nats-server as it needs POSIX signals: system is win32`);
  }
}

function describeExit({ code, signal, error }: NatsServerExit): string {
  if (error) return `before it began: ${error.message}`;
  return signal ? `by ${signal}` : `with code ${code}`;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** PEM texts become files beside the configuration; paths are made absolute. */
async function writeTlsFiles(tls: NatsServerTls, folder: string): Promise<TlsFiles> {
  const toFile = async (value: string, name: string): Promise<string> => {
    if (!value.includes("-----BEGIN")) return resolve(value);
    const file = join(folder, name);
    await writeFile(file, value, { mode: 0o600 });
    return file;
  };
  return {
    cert: await toFile(tls.cert, "cert.pem"),
    key: await toFile(tls.key, "key.pem"),
    ca: tls.ca === undefined ? undefined : await toFile(tls.ca, "ca.pem"),
    verify: tls.verify,
  };
}
