import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fetchReleaseArchive,
  NATS_SERVER_VERSION,
  type ReleaseArchiveOptions,
} from "../../src/dev/mod.ts";
import { fileOfArchive } from "../../src/dev/_archive.ts";
import { ARCHIVE_STEM, releaseFiles, sha256, TARGET, tarGz, zip } from "./_archives.ts";
import { fakeServer, FileHost, Progress } from "./_world.ts";

const ARCHIVE = `/v${NATS_SERVER_VERSION}/${ARCHIVE_STEM}.tar.gz`;
const SERVER = fakeServer(NATS_SERVER_VERSION);

function fetchFrom(
  releases: string,
  options: Partial<ReleaseArchiveOptions> = {},
): Promise<Uint8Array> {
  return fetchReleaseArchive({
    version: NATS_SERVER_VERSION,
    target: TARGET,
    releases,
    ...options,
  });
}

test("fetchReleaseArchive() returns the executable of an archive with the right checksum", async () => {
  await using host = await FileHost.start(releaseFiles(SERVER));
  const archive = host.files[ARCHIVE] as Uint8Array;
  host.files[ARCHIVE] = (_request, response) => {
    response.writeHead(200, { "content-length": archive.length }).end(archive);
  };
  const progress = new Progress();
  const bytes = await fetchFrom(`${host.url}/`, { onProgress: progress.on });
  assert.equal(new TextDecoder().decode(bytes), SERVER);
  assert.deepEqual(progress.phases, ["download", "verify", "extract"]);
  const last = progress.all.findLast(({ phase }) => phase === "download")!;
  assert.deepEqual([last.done, last.total], [archive.length, archive.length]);
});

test("fetchReleaseArchive() refuses another checksum", async () => {
  await using host = await FileHost.start(releaseFiles(SERVER, "ab".repeat(32)));
  await assert.rejects(
    fetchFrom(host.url),
    /SHA-256 must be (ab){32}: current value is [0-9a-f]{64}/,
  );
});

test("fetchReleaseArchive() says so when the release has nothing for the platform", async () => {
  await using host = await FileHost.start(releaseFiles(SERVER));
  await assert.rejects(fetchFrom(host.url, { target: "vms-vax" }), /does not list .*vms-vax/);
  assert.equal(host.requests.length, 1);
});

test("fetchReleaseArchive() reads the zip of Windows", async () => {
  const name = `nats-server-v${NATS_SERVER_VERSION}-windows-amd64.zip`;
  const archive = zip({ "x/LICENSE": "MIT", "x/nats-server.exe": "MZ".repeat(500) }, 8);
  await using host = await FileHost.start({
    [`/v${NATS_SERVER_VERSION}/${name}`]: archive,
    [`/v${NATS_SERVER_VERSION}/SHA256SUMS`]: `${sha256(archive)}  ${name}\n`,
  });
  const bytes = await fetchFrom(host.url, { target: "windows-amd64" });
  assert.equal(new TextDecoder().decode(bytes), "MZ".repeat(500));
});

test("fetchReleaseArchive() names address and status of a missing file", async () => {
  await using host = await FileHost.start({});
  await assert.rejects(fetchFrom(host.url), /cannot download http.*\/SHA256SUMS: status 404/);
});

test("fetchReleaseArchive() fails when the transfer is interrupted", async () => {
  const files = releaseFiles(SERVER);
  await using host = await FileHost.start({
    ...files,
    [ARCHIVE]: (_request, response) => {
      response.writeHead(200, { "content-length": "1000000" });
      response.write("x".repeat(1000), () => setTimeout(() => response.destroy(), 20));
    },
  });
  await assert.rejects(fetchFrom(host.url), /cannot download .*\.tar\.gz: /);
});

test("fetchReleaseArchive() gives up a host that does not answer or stalls", async () => {
  const files = releaseFiles(SERVER);
  await using host = await FileHost.start({
    ...files,
    [ARCHIVE]: (_request, response) => {
      response.writeHead(200, { "content-length": "1000000" });
      response.write("x");
    },
    "/silent/v2.0.0/SHA256SUMS": () => {},
  });
  const silent = fetchFrom(`${host.url}/silent`, { version: "2.0.0", connectTimeoutMs: 50 });
  await assert.rejects(silent, /no answer within 50 ms/);
  await assert.rejects(fetchFrom(host.url, { stallTimeoutMs: 50 }), /no more bytes within 50 ms/);
});

test("fetchReleaseArchive() ends with the reason of its signal", async () => {
  await using host = await FileHost.start({
    [`/v${NATS_SERVER_VERSION}/SHA256SUMS`]: () => controller.abort(new Error("enough")),
  });
  const controller = new AbortController();
  await assert.rejects(fetchFrom(host.url, { signal: controller.signal }), /^Error: enough$/);
});

test("fileOfArchive() reads stored and deflated files and refuses damaged archives", () => {
  const files = { "a/": "", "a/nats-server.md": "no", "a/nats-server": "yes" };
  const archives: [string, Uint8Array][] = [
    ["x.tar.gz", tarGz(files)],
    ["x.zip", zip(files, 0)],
    ["x.zip", zip(files, 8)],
  ];
  for (const [name, archive] of archives) {
    const file = fileOfArchive(archive, name, "nats-server");
    assert.equal(new TextDecoder().decode(file), "yes");
    assert.throws(() => fileOfArchive(archive, name, "gnatsd"), /holds no file gnatsd/);
    assert.throws(() => fileOfArchive(archive.subarray(0, 40), name, "nats-server"));
  }
});
