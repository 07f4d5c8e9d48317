import assert from "node:assert/strict";
import { chmod, mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import process from "node:process";
import { test } from "node:test";
import {
  findNatsServer,
  type FindNatsServerOptions,
  type NatsServerBinary,
  NatsServerNotFoundError,
} from "../../src/dev/mod.ts";
import { ARCHIVE_STEM, releaseFiles } from "./_archives.ts";
import {
  CHILD,
  eventually,
  fakeServer,
  FileHost,
  namesIn,
  Progress,
  startChild,
  TemporaryFolder,
  writeExecutable,
} from "./_world.ts";

const NEW = fakeServer("2.15.2");
const OLD = fakeServer("2.9.10");
const NOWHERE = "http://127.0.0.1:1";
const CACHED = ARCHIVE_STEM;

/** A machine with a folder on PATH and an empty cache, whose releases are nowhere. */
class Machine implements AsyncDisposable {
  readonly progress = new Progress();

  private constructor(readonly folder: TemporaryFolder) {}

  static async create(): Promise<Machine> {
    const folder = await TemporaryFolder.create();
    await mkdir(folder.join("bin"));
    return new Machine(folder);
  }

  get cache(): string {
    return this.folder.join("cache");
  }

  get env(): Record<string, string> {
    return {
      PATH: this.folder.join("bin"),
      NATS_CACHE: this.cache,
      NATS_SERVER_RELEASES: NOWHERE,
      GO_LOG: this.folder.join("go.log"),
    };
  }

  async install(name: string, content: string): Promise<string> {
    return await writeExecutable(this.folder.join("bin", name), content);
  }

  /** Installs a `go` that notes each build, works for a while and makes a server. */
  async installGo(server: string = NEW, seconds = 0): Promise<void> {
    const pause = seconds ? `/bin/sleep ${seconds}\n` : "";
    const body = `echo "$* $CGO_ENABLED" >> "$GO_LOG"\necho some/package >&2\n${pause}`;
    const quoted = server.replaceAll("\n", "\\n").replaceAll("'", "'\\''");
    await this.install("go", `#!/bin/sh\n${body}printf '${quoted}' > "$GOBIN/nats-server"\n`);
  }

  async builds(): Promise<string[]> {
    return (await readFile(this.env.GO_LOG!, "utf8")).trim().split("\n");
  }

  async find(options: FindNatsServerOptions = {}): Promise<NatsServerBinary> {
    return await findNatsServer({ env: this.env, onProgress: this.progress.on, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

function isNotFound(...patterns: RegExp[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof NatsServerNotFoundError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  };
}

function defineTests(): void {
  test("findNatsServer() takes NATS_SERVER before all else", async () => {
    await using machine = await Machine.create();
    await machine.install("nats-server", NEW);
    const path = await writeExecutable(machine.folder.join("own"), fakeServer("2.11.0"));
    const found = await machine.find({ env: { ...machine.env, NATS_SERVER: path } });
    assert.deepEqual(found, { path, version: "2.11.0", origin: "env" });
  });

  test("findNatsServer() refuses a NATS_SERVER that is missing, too old or no server", async () => {
    await using machine = await Machine.create();
    await machine.install("nats-server", NEW);
    const table: [string, string | undefined, RegExp][] = [
      ["missing", undefined, /NATS_SERVER: .*missing does not exist/],
      ["old", OLD, /NATS_SERVER: .*old is 2\.9\.10, older than 2\.11\.0/],
      ["other", "#!/bin/sh\necho hello\n", /NATS_SERVER: .*does not say its version, but: hello/],
    ];
    for (const [name, content, pattern] of table) {
      const path = machine.folder.join(name);
      if (content) await writeExecutable(path, content);
      const search = machine.find({ env: { ...machine.env, NATS_SERVER: path } });
      await assert.rejects(search, isNotFound(pattern));
    }
  });

  test("findNatsServer() takes PATH before the cache", async () => {
    await using machine = await Machine.create();
    const path = await machine.install("nats-server", NEW);
    await writeExecutable(`${machine.cache}/${CACHED}`, NEW);
    assert.deepEqual(await machine.find(), { path, version: "2.15.2", origin: "path" });
  });

  test("findNatsServer() passes over an old one on PATH and says so", async () => {
    await using machine = await Machine.create();
    await machine.install("nats-server", OLD);
    const path = await writeExecutable(`${machine.cache}/${CACHED}`, NEW);
    assert.deepEqual(await machine.find(), { path, version: "2.15.2", origin: "cache" });
    assert.match(machine.progress.text, /passing over .*bin\/nats-server is 2\.9\.10/);
  });

  test("findNatsServer() prefers the release to Go, and caches it", async () => {
    await using machine = await Machine.create();
    await machine.installGo();
    await using host = await FileHost.start(releaseFiles(NEW));
    const found = await machine.find({ releases: host.url });
    const path = `${machine.cache}/${CACHED}`;
    assert.deepEqual(found, { path, version: "2.15.2", origin: "release" });
    assert.deepEqual(await namesIn(machine.cache), [CACHED]);
    assert.equal((await machine.find()).origin, "cache");
  });

  test("findNatsServer() takes the releases from NATS_SERVER_RELEASES", async () => {
    await using machine = await Machine.create();
    await using host = await FileHost.start(releaseFiles(NEW));
    const env = { ...machine.env, NATS_SERVER_RELEASES: host.url };
    assert.equal((await machine.find({ env })).origin, "release");
  });

  test("findNatsServer() leaves nothing of a release with a wrong checksum", async () => {
    await using machine = await Machine.create();
    await using host = await FileHost.start(releaseFiles(NEW, "0".repeat(64)));
    const search = machine.find({ releases: host.url });
    await assert.rejects(search, isNotFound(/official release: .*SHA-256 must be 0{64}/));
    assert.deepEqual(await namesIn(machine.cache), []);
  });

  test("findNatsServer() leaves nothing of an interrupted transfer", async () => {
    await using machine = await Machine.create();
    await using host = await FileHost.start({
      ...releaseFiles(NEW),
      [`/v2.15.2/${ARCHIVE_STEM}.tar.gz`]: (_request, response) => {
        response.writeHead(200, { "content-length": "1000000" });
        response.write("x".repeat(1000), () => setTimeout(() => response.destroy(), 20));
      },
    });
    const search = machine.find({ releases: host.url });
    await assert.rejects(search, isNotFound(/official release: cannot download/));
    assert.deepEqual(await namesIn(machine.cache), []);
  });

  test("findNatsServer() leaves nothing of a release that does not run", async () => {
    await using machine = await Machine.create();
    await using host = await FileHost.start(releaseFiles("#!/bin/sh\nexit 3\n"));
    await assert.rejects(machine.find({ releases: host.url }), isNotFound(/cannot be run/));
    assert.deepEqual(await namesIn(machine.cache), []);
  });

  test("findNatsServer() builds with Go when the release cannot be reached", async () => {
    await using machine = await Machine.create();
    await machine.installGo();
    const found = await machine.find();
    const path = `${machine.cache}/${CACHED}`;
    assert.deepEqual(found, { path, version: "2.15.2", origin: "go" });
    const command = "install -v github.com/nats-io/nats-server/v2@v2.15.2 0";
    assert.deepEqual(await machine.builds(), [command]);
    assert.deepEqual(await namesIn(machine.cache), [CACHED]);
    assert.deepEqual(machine.progress.phases, ["download", "search", "build"]);
  });

  test("findNatsServer() lists every way when none leads to a server", async () => {
    await using machine = await Machine.create();
    await machine.install("nats-server", OLD);
    await machine.install("go", "#!/bin/sh\necho no such module >&2\nexit 1\n");
    await assert.rejects(
      machine.find(),
      isNotFound(
        /version 2\.11\.0 or newer/,
        /NATS_SERVER: not set\n/,
        /nats-server on PATH: .*bin\/nats-server is 2\.9\.10, older than 2\.11\.0\n/,
        /cache: .*cache.* does not exist\n/,
        /official release: cannot download http:\/\/127\.0\.0\.1:1\//,
        /go install: go install ended with code 1: no such module$/,
      ),
    );
    assert.deepEqual(await namesIn(machine.cache), []);
  });

  test("findNatsServer() says so when the cache cannot be written", async () => {
    await using machine = await Machine.create();
    const file = await writeExecutable(machine.folder.join("file"), "");
    const search = machine.find({ cacheDir: `${file}/cache` });
    await assert.rejects(search, isNotFound(/cache: .*file\/cache: ENOTDIR/));
  });

  test("findNatsServer() neither downloads nor builds when offline", async () => {
    await using machine = await Machine.create();
    await machine.installGo();
    await using host = await FileHost.start(releaseFiles(NEW));
    const search = machine.find({ releases: host.url, offline: true });
    await assert.rejects(search, isNotFound(/NATS_SERVER: not set/));
    assert.deepEqual(host.requests, []);
    assert.deepEqual(await namesIn(machine.cache), []);
  });

  test("findNatsServer() replaces a cached file that does not run", async () => {
    await using machine = await Machine.create();
    await writeExecutable(`${machine.cache}/${CACHED}`, "");
    await chmod(`${machine.cache}/${CACHED}`, 0o644);
    await machine.installGo();
    assert.equal((await machine.find()).origin, "go");
    assert.equal((await machine.find()).origin, "cache");
  });

  test("findNatsServer() fetches once for many searches of one process", async () => {
    await using machine = await Machine.create();
    await machine.installGo(NEW, 0.2);
    const found = await Promise.all(Array.from({ length: 5 }, () => machine.find()));
    assert.equal(new Set(found.map(({ path }) => path)).size, 1);
    assert.equal((await machine.builds()).length, 1);
    assert.deepEqual(await namesIn(machine.cache), [CACHED]);
  });

  test("findNatsServer() fetches once for two processes", async () => {
    await using machine = await Machine.create();
    await machine.installGo(NEW, 0.5);
    const env = { MACHINE: JSON.stringify(machine.env) };
    const children = [1, 2].map(() => startChild(import.meta.url, "find", [], env));
    const codes = await Promise.all(children.map((child) => child.ended));
    assert.deepEqual(codes, [0, 0], children.map((child) => child.output).join("\n"));
    for (const child of children) assert.match(child.output, new RegExp(CACHED));
    assert.equal((await machine.builds()).length, 1);
    assert.deepEqual(await namesIn(machine.cache), [CACHED]);
  });

  test("findNatsServer() takes over from a process that died, and cleans up after it", async () => {
    await using machine = await Machine.create();
    await machine.installGo(NEW, 5);
    const env = { MACHINE: JSON.stringify(machine.env) };
    const child = startChild(import.meta.url, "find", [], env);
    await eventually(async () => assert.equal((await machine.builds()).length, 1));
    child.kill("SIGKILL");
    await child.ended;
    const left = await namesIn(machine.cache);
    assert.deepEqual(left.map((name) => name.replace(/-.{36}$/, "")), ["nats-server.lock", "tmp"]);
    await machine.installGo();
    assert.equal((await machine.find()).origin, "go");
    assert.deepEqual(await namesIn(machine.cache), [CACHED]);
  });

  test("findNatsServer() takes over a lock that nobody touched for long", async () => {
    await using machine = await Machine.create();
    await machine.installGo();
    const lock = `${machine.cache}/nats-server.lock`;
    await writeExecutable(lock, JSON.stringify({ pid: 1, host: "elsewhere", token: "t" }));
    const past = new Date(Date.now() - 60_000);
    await utimes(lock, past, past);
    assert.equal((await machine.find()).origin, "go");
    assert.deepEqual(await namesIn(machine.cache), [CACHED]);
  });

  test("findNatsServer() ends with the reason of its signal while it waits or builds", async () => {
    await using machine = await Machine.create();
    await machine.installGo(NEW, 5);
    const building = new AbortController();
    const build = machine.find({ signal: building.signal });
    await eventually(async () => assert.equal((await machine.builds()).length, 1));
    const waiting = new AbortController();
    const wait = machine.find({ signal: waiting.signal });
    await eventually(() =>
      assert.match(machine.progress.text, new RegExp(`waiting for process ${process.pid}`))
    );
    waiting.abort(new Error("no patience"));
    await assert.rejects(wait, /^Error: no patience$/);
    building.abort(new Error("enough"));
    await assert.rejects(build, /^Error: enough$/);
    assert.deepEqual(await namesIn(machine.cache), []);
    await writeFile(machine.env.GO_LOG!, "");
  });
}

if (process.env[CHILD] === "find") {
  const env = JSON.parse(process.env.MACHINE!) as Record<string, string>;
  console.log((await findNatsServer({ env, onProgress: () => {} })).path);
} else {
  defineTests();
}
