import { createHash } from "node:crypto";
import { fileOfArchive } from "./_archive.ts";
import { download, type DownloadOptions } from "./_download.ts";
import type { OnNatsServerProgress } from "./progress.ts";

/**
 * Where the releases of nats-server are: `<base>/v<version>/<file>`.
 *
 * @example
 * ```ts
 * import { NATS_SERVER_RELEASES, NATS_SERVER_VERSION } from "@shizuku/shizuku/dev";
 *
 * console.log(`${NATS_SERVER_RELEASES}/v${NATS_SERVER_VERSION}/SHA256SUMS`);
 * ```
 */
export const NATS_SERVER_RELEASES = "https://github.com/nats-io/nats-server/releases/download";

/**
 * Which release to fetch for which platform.
 *
 * @example
 * ```ts ignore
 * import { fetchReleaseArchive, NATS_SERVER_VERSION } from "@shizuku/shizuku/dev";
 *
 * const executable = await fetchReleaseArchive({
 *   version: NATS_SERVER_VERSION,
 *   target: "linux-arm64",
 *   stallTimeoutMs: 60_000,
 *   signal,
 * });
 * ```
 */
export interface ReleaseArchiveOptions {
  /** The version, such as `2.15.2`. */
  readonly version: string;
  /** The platform as the files of a release name it, such as `linux-amd64`. */
  readonly target: string;
  /** The base address. @default {NATS_SERVER_RELEASES} */
  readonly releases?: string;
  /** Milliseconds for the connection and the head of an answer. @default {8000} */
  readonly connectTimeoutMs?: number;
  /** Milliseconds without a byte after that. @default {30000} */
  readonly stallTimeoutMs?: number;
  /** Ends the download with its reason. */
  readonly signal?: AbortSignal;
  /** Hears of the phases `download`, `verify` and `extract`. */
  readonly onProgress?: OnNatsServerProgress;
}

/**
 * Downloads the archive of a release, checks it and takes the executable out of it.
 *
 * The archive is judged by its SHA-256 in the release's `SHA256SUMS`. Everything happens in memory,
 * so an interrupted transfer leaves nothing behind.
 *
 * @returns The bytes of the executable.
 * @throws {Error} If the host cannot be reached, the release has no archive for the platform, or the
 * checksum differs.
 * @example
 * ```ts
 * import { fetchReleaseArchive } from "@shizuku/shizuku/dev";
 *
 * async function windowsServer(): Promise<Uint8Array> {
 *   return await fetchReleaseArchive({ version: "2.15.2", target: "windows-amd64" });
 * }
 * ```
 */
export async function fetchReleaseArchive(options: ReleaseArchiveOptions): Promise<Uint8Array> {
  const { version, target, releases = NATS_SERVER_RELEASES, onProgress } = options;
  const { connectTimeoutMs = 8_000, stallTimeoutMs = 30_000, signal } = options;
  const limits: DownloadOptions = { connectTimeoutMs, stallTimeoutMs, signal };
  const base = `${releases.replace(/\/+$/, "")}/v${version}`;
  const archiveName = releaseArchiveName(version, target);
  const message = `downloading ${archiveName}`;

  onProgress?.({ phase: "download", message });
  const sums = new TextDecoder().decode(await download(`${base}/SHA256SUMS`, limits));
  const wanted = checksumOf(sums, archiveName);
  const archive = await download(`${base}/${archiveName}`, {
    ...limits,
    onBytes: (done, total) => onProgress?.({ phase: "download", message, done, total }),
  });
  onProgress?.({ phase: "verify", message: `verifying ${archiveName}` });
  verifyChecksum(archive, archiveName, wanted);
  onProgress?.({ phase: "extract", message: `extracting ${archiveName}` });
  return fileOfArchive(archive, archiveName, executableOf(target));
}

/** The name of a release's archive; Windows has only `.zip`, and the others have both. */
export function releaseArchiveName(version: string, target: string): string {
  return `nats-server-v${version}-${target}${target.startsWith("windows-") ? ".zip" : ".tar.gz"}`;
}

function executableOf(target: string): string {
  return target.startsWith("windows-") ? "nats-server.exe" : "nats-server";
}

function checksumOf(sums: string, archiveName: string): string {
  for (const line of sums.split("\n")) {
    const [checksum, name] = line.trim().split(/\s+\*?/);
    if (name === archiveName && checksum) return checksum.toLowerCase();
  }
  throw new Error(`SHA256SUMS of the release does not list ${archiveName}`);
}

function verifyChecksum(archive: Uint8Array, archiveName: string, wanted: string): void {
  const actual = createHash("sha256").update(archive).digest("hex");
  if (actual === wanted) return;
  throw new Error(
    `Cannot accept ${archiveName} as its SHA-256 must be ${wanted}: current value is ${actual}`,
  );
}
