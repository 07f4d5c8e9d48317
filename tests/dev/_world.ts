import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { NatsServerProgress } from "../../src/dev/mod.ts";
import { commandFor } from "../_support/spawn_script.ts";

/** Names what a test file does when it is run as a child of itself. */
export const CHILD = "SHIZUKU_TEST_CHILD";

/** A folder that is removed with its test. */
export class TemporaryFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<TemporaryFolder> {
    return new TemporaryFolder(await mkdtemp(join(tmpdir(), "shizuku-test-")));
  }

  join(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Lists a folder, sorted; empty if it does not exist. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

/** A file that runs and says a version, which is all that a search asks of a nats-server. */
export function fakeServer(version: string): string {
  return `#!/bin/sh\necho "nats-server: v${version}"\n`;
}

/** Writes an executable, with the folders above it. */
export async function writeExecutable(path: string, content: string): Promise<string> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content, { mode: 0o755 });
  return path;
}

/** Collects progress. */
export class Progress {
  readonly all: NatsServerProgress[] = [];
  readonly on = (progress: NatsServerProgress): void => void this.all.push(progress);

  get phases(): string[] {
    return [...new Set(this.all.map((progress) => progress.phase))];
  }

  get text(): string {
    return this.all.map((progress) => progress.message).join("\n");
  }
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A local host of releases; `requests` holds the paths that were asked for. */
export class FileHost implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => {
    this.requests.push(request.url!);
    const file = this.files[request.url!];
    if (typeof file === "function") file(request, response);
    else response.writeHead(file ? 200 : 404).end(file);
  });

  private constructor(readonly files: Record<string, Uint8Array | string | Answer>) {}

  static async start(files: Record<string, Uint8Array | string | Answer>): Promise<FileHost> {
    const host = new FileHost(files);
    await new Promise<void>((resolve) => host.#server.listen(0, "127.0.0.1", resolve));
    return host;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A plain socket to a server, which hears all that it says. */
export class RawClient implements Disposable {
  heard = "";
  closed = false;

  private constructor(readonly socket: Socket) {
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.heard += text);
    socket.on("close", () => this.closed = true);
    // A refused or broken connection shows in `closed`.
    socket.on("error", () => {});
  }

  /** Connects and waits for the greeting of the NATS protocol. */
  static async connect(port: number): Promise<RawClient> {
    const client = RawClient.open(port);
    await client.until("INFO {");
    return client;
  }

  static open(port: number): RawClient {
    return new RawClient(connect(port, "127.0.0.1"));
  }

  /** Says CONNECT with these options and PING. */
  login(options: Record<string, unknown> = {}): void {
    const text = JSON.stringify({ verbose: false, ...options });
    this.socket.write(`CONNECT ${text}\r\nPING\r\n`);
  }

  async until(text: string): Promise<void> {
    await eventually(() => assert.ok(this.heard.includes(text), `${text} in: ${this.heard}`));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Says whether a server takes a client with these options; refusing is an error or the end. */
export async function canLogin(port: number, options?: Record<string, unknown>): Promise<boolean> {
  using client = await RawClient.connect(port);
  client.login(options);
  await eventually(() => assert.ok(client.closed || /PONG|-ERR/.test(client.heard), client.heard));
  return client.heard.includes("PONG");
}

/** Repeats a check until it holds. */
export async function eventually(check: () => void | Promise<void>, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (true) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(10);
    }
  }
}

/** Says whether a process runs; one that has ended and waits to be collected does not. */
export async function isRunning(pid: number): Promise<boolean> {
  return await new Promise((resolve) => {
    let state = "";
    const ps = spawn("ps", ["-o", "stat=", "-p", String(pid)], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    ps.stdout.on("data", (piece) => state += piece);
    ps.on("close", () => resolve(state.trim() !== "" && !state.startsWith("Z")));
  });
}

/** A child process that runs a test file as its own program. */
export interface Child {
  readonly pid: number;
  output: string;
  readonly ended: Promise<number | null>;
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): void;
}

/** Runs a test file with the runtime of this test. */
export function startChild(
  file: string,
  role: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Child {
  const child = spawn(process.execPath, [...commandFor(new URL(file)), ...args], {
    env: { ...process.env, ...env, [CHILD]: role },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const result: Child = {
    pid: child.pid!,
    output: "",
    ended: new Promise((resolve) => child.once("close", resolve)),
    kill: (signal) => void process.kill(child.pid!, signal),
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => result.output += piece);
  }
  return result;
}
