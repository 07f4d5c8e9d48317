import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "node:path";
import { isStale } from "../../src/dev/_cache_lock.ts";
import { cacheFolder, releaseTarget } from "../../src/dev/_platform.ts";
import { isAtLeast, parseVersion } from "../../src/dev/_semver.ts";
import { toServerConfig } from "../../src/dev/_server_config.ts";
import { type NatsServerProgress, progressTo } from "../../src/dev/mod.ts";
import { releaseArchiveName } from "../../src/dev/release_archive.ts";

test("isAtLeast() compares number by number", () => {
  const table: [string, string, boolean][] = [
    ["2.11.0", "2.11.0", true],
    ["2.11.1", "2.11.0", true],
    ["2.9.10", "2.11.0", false],
    ["10.0.0", "2.11.0", true],
    ["1.99.99", "2.11.0", false],
    ["nats-server: v2.15.2-RC.1", "2.15.2", true],
    ["nonsense", "2.11.0", false],
  ];
  for (const [version, minimum, expected] of table) {
    assert.equal(isAtLeast(version, minimum), expected, `${version} >= ${minimum}`);
  }
  assert.equal(parseVersion("nats-server: devel"), undefined);
});

test("releaseTarget() names platforms as releases do", () => {
  const table: [string, string, string][] = [
    ["linux", "x64", "nats-server-v2.15.2-linux-amd64.tar.gz"],
    ["linux", "arm", "nats-server-v2.15.2-linux-arm7.tar.gz"],
    ["darwin", "arm64", "nats-server-v2.15.2-darwin-arm64.tar.gz"],
    ["win32", "x64", "nats-server-v2.15.2-windows-amd64.zip"],
    ["freebsd", "x64", "nats-server-v2.15.2-freebsd-amd64.tar.gz"],
  ];
  for (const [os, arch, expected] of table) {
    assert.equal(releaseArchiveName("2.15.2", releaseTarget({ os, arch })), expected);
  }
});

test("cacheFolder() follows the custom of each system", () => {
  const linux = { os: "linux", arch: "x64" };
  const home = { HOME: "/users/ada" };
  const table: [string, Record<string, string>, string][] = [
    ["linux", { ...home, NATS_CACHE: "/c", XDG_CACHE_HOME: "/x" }, "/c"],
    ["linux", { ...home, XDG_CACHE_HOME: "/x" }, join("/x", "shizuku")],
    ["linux", home, join("/users/ada", ".cache", "shizuku")],
    ["darwin", home, join("/users/ada", "Library", "Caches", "shizuku")],
    ["win32", { ...home, LOCALAPPDATA: "/l" }, join("/l", "shizuku")],
  ];
  for (const [os, env, expected] of table) {
    assert.equal(cacheFolder(env, { ...linux, os }), expected);
  }
});

test("isStale() judges by the process on this machine, and by age elsewhere", () => {
  const here = { host: "here", isAlive: (pid: number) => pid === 1 };
  const holder = (host: string, pid: number) => ({ host, pid, token: "t" });
  assert.equal(isStale({ holder: holder("here", 1), ageMs: 0 }, here), false);
  assert.equal(isStale({ holder: holder("here", 2), ageMs: 0 }, here), true);
  assert.equal(isStale({ holder: holder("there", 2), ageMs: 5_000 }, here), false);
  assert.equal(isStale({ holder: holder("there", 2), ageMs: 60_000 }, here), true);
  assert.equal(isStale({ holder: undefined, ageMs: 0 }, here), false);
  assert.equal(isStale({ holder: holder("here", 1), ageMs: 60_000 }, here), true);
});

test("toServerConfig() writes only what is asked for", () => {
  const config = toServerConfig({ serverName: "a", port: 1, monitorPort: 2 });
  assert.equal(config, 'server_name: "a"\nlisten: "127.0.0.1:1"\nhttp: "127.0.0.1:2"\n');
});

test("toServerConfig() quotes values and refuses control characters", () => {
  const base = { serverName: "a", port: 1, monitorPort: 2 };
  const config = toServerConfig({ ...base, token: 'a"b\\c $HOME' });
  assert.match(config, /token: "a\\"b\\\\c \$HOME"/);
  assert.throws(() => toServerConfig({ ...base, token: "a\nb" }), /token must have no control/);
});

test("progressTo() writes a line per message and no codes when it is not a terminal", () => {
  let clock = 0;
  const lines: string[] = [];
  const report = progressTo({ write: (text) => lines.push(text) }, () => clock);
  const step = (done: number): NatsServerProgress => {
    return { phase: "download", message: "downloading x", done, total: 4e6 };
  };
  report(step(1e6));
  report(step(2e6));
  clock = 10_000;
  report(step(3e6));
  report({ phase: "verify", message: "verifying x" });
  assert.deepEqual(lines, [
    "nats-server: downloading x (1.0 of 4.0 MB)\n",
    "nats-server: downloading x (3.0 of 4.0 MB)\n",
    "nats-server: verifying x\n",
  ]);
});

test("progressTo() rewrites the line of a terminal", () => {
  let written = "";
  const report = progressTo({ isTTY: true, write: (text) => written += text });
  for (const done of [1, 2]) report({ phase: "build", message: "building", done });
  report({ phase: "search", message: "found" });
  assert.equal(
    written,
    "nats-server: building (1 packages)\r\x1b[Knats-server: building (2 packages)\n" +
      "nats-server: found\n",
  );
});
