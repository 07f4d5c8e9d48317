import type { FindNatsServerOptions, NatsServerBinary } from "./find_nats_server.ts";
import type { OnNatsServerProgress } from "./progress.ts";

/**
 * Certificates of a server: each a file path or a PEM text.
 *
 * @example
 * ```ts ignore
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer({
 *   tls: { cert: "certs/server.pem", key: "certs/server.key", ca: "certs/ca.pem", verify: true },
 * });
 * console.log(server.url); // tls://127.0.0.1:14222
 * ```
 */
export interface NatsServerTls {
  /** The server's certificate. It should name `127.0.0.1`, and `localhost` for clients that ask for that. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
  /** The authority that client certificates are checked against. */
  readonly ca?: string;
  /** Requires a certificate of every client. @default {false} */
  readonly verify?: boolean;
}

/**
 * What kind of server to start.
 *
 * @example
 * ```ts
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer({ token: "t0ken", websocket: true, maxPayload: 65_536 });
 * console.log(server.wsUrl?.startsWith("ws://")); // true
 * ```
 */
export interface NatsServerOptions {
  /** Port for clients. Default: a free one. */
  readonly port?: number;
  /** Port for HTTP monitoring. Default: a free one. */
  readonly monitorPort?: number;
  /** Whether to listen for WebSockets too, on a free port or the one given. @default {false} */
  readonly websocket?: boolean | { readonly port: number };
  /** Name of the server. Default: `nats-` and its port. */
  readonly serverName?: string;
  /** Whether to offer JetStream. @default {true} */
  readonly jetstream?: boolean;
  /** Folder of the JetStream store, which is kept. Default: a temporary one, removed by `stop()`. */
  readonly storeDir?: string;
  /** Largest message in bytes. Default: the server's, 1 MiB. */
  readonly maxPayload?: number;
  /** User that clients must name; goes with `password`. */
  readonly user?: string;
  /** Password that clients must name; goes with `user`. */
  readonly password?: string;
  /** Token that clients must name, instead of `user` and `password`. */
  readonly token?: string;
  /** Requires TLS of clients and WebSockets. */
  readonly tls?: NatsServerTls;
  /** More lines for the configuration file; they win over what the options say. */
  readonly config?: string;
  /** The server to run, from {@linkcode findNatsServer}. Default: it is searched with `find`. */
  readonly binary?: NatsServerBinary;
  /** Where to search the server. */
  readonly find?: FindNatsServerOptions;
  /** Milliseconds in which it must be ready. @default {30000} */
  readonly startTimeoutMs?: number;
  /** Milliseconds for a graceful end, before `SIGKILL`. @default {5000} */
  readonly stopTimeoutMs?: number;
  /** Gives up the start, and later stops the server. */
  readonly signal?: AbortSignal;
  /** Hears of every step. Default: lines on standard error. */
  readonly onProgress?: OnNatsServerProgress;
}

/**
 * Whether a server runs: `paused` is a process that is alive and does nothing.
 *
 * @example
 * ```ts
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer();
 * server.pause();
 * console.log(server.state); // paused
 * server.resume();
 * console.log(server.state); // running
 * ```
 */
export type NatsServerState = "running" | "paused" | "stopped";

/**
 * How a server has ended.
 *
 * @example
 * ```ts
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer();
 * await server.kill();
 * console.log((await server.exited).signal); // SIGKILL
 * ```
 */
export interface NatsServerExit {
  /** Its exit code, unless a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: string | null;
  /** Why it could not even be started. */
  readonly error?: Error;
}

/**
 * How to stop a server.
 *
 * @example Its streams are there again after the restart
 * ```ts
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer();
 * await server.stop({ keepStore: true });
 * await server.restart();
 * console.log(server.state); // running
 * ```
 */
export interface NatsServerStopOptions {
  /** Keeps a temporary store and the log for a later `restart()`. @default {false} */
  readonly keepStore?: boolean;
}

/**
 * A nats-server of its own process.
 *
 * It does not keep this process alive, and ends with it.
 *
 * @example
 * ```ts
 * import { type NatsServer, startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server: NatsServer = await startNatsServer();
 * const { server_name } = await (await fetch(`${server.monitorUrl}/varz`)).json();
 * console.log(server_name === server.name); // true
 * ```
 */
export interface NatsServer extends AsyncDisposable {
  /** Name of the server. */
  readonly name: string;
  /** Address for clients, such as `nats://127.0.0.1:14222`; with TLS it begins with `tls:`. */
  readonly url: string;
  /** Address for WebSockets, if there is one. */
  readonly wsUrl: string | undefined;
  /** Port for clients. */
  readonly port: number;
  /** Address for HTTP monitoring: `/varz`, `/jsz`, `/healthz`. */
  readonly monitorUrl: string;
  /** Port for HTTP monitoring. */
  readonly monitorPort: number;
  /** Version of the server, such as `2.15.2`. */
  readonly version: string;
  /** Folder of the JetStream store; undefined without JetStream. */
  readonly storeDir: string | undefined;
  /** Its process id; undefined while it is stopped. */
  readonly pid: number | undefined;
  /** Whether it runs. */
  readonly state: NatsServerState;
  /** The last 64 KiB of its log. */
  readonly log: string;
  /** Resolves when the current process ends, for whatever reason; never rejects. */
  readonly exited: Promise<NatsServerExit>;
  /** Ends it gracefully, and removes its temporary files. Again: does nothing. */
  stop(options?: NatsServerStopOptions): Promise<void>;
  /** Ends it at once with `SIGKILL`, as a crash does, and keeps its store. */
  kill(): Promise<void>;
  /** Freezes it with `SIGSTOP`: connections stay open and nothing answers. Not on Windows. */
  pause(): void;
  /** Lets a paused one go on. */
  resume(): void;
  /**
   * Starts it again on the same ports and store, after `kill()`, `stop()` or while it runs.
   *
   * @throws {NatsServerStartError} If it does not become ready.
   */
  restart(): Promise<void>;
}
