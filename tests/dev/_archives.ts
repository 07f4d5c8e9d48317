import { createHash } from "node:crypto";
import { deflateRawSync, gzipSync } from "node:zlib";
import { NATS_SERVER_VERSION } from "../../src/dev/mod.ts";
import { releaseTarget } from "../../src/dev/_platform.ts";
import process from "node:process";

/** The target of this machine, such as `linux-amd64`. */
export const TARGET: string = releaseTarget({ os: process.platform, arch: process.arch });

/** The name of this machine's archive without its ending. */
export const ARCHIVE_STEM: string = `nats-server-v${NATS_SERVER_VERSION}-${TARGET}`;

/** The files of a release with one archive for this machine. */
export function releaseFiles(
  executable: string,
  checksum?: string,
): Record<string, Uint8Array | string> {
  const archive = tarGz({
    [`${ARCHIVE_STEM}/`]: "",
    [`${ARCHIVE_STEM}/README.md`]: "read me".repeat(200),
    [`${ARCHIVE_STEM}/nats-server`]: executable,
  });
  const name = `${ARCHIVE_STEM}.tar.gz`;
  const other = "0".repeat(64);
  return {
    [`/v${NATS_SERVER_VERSION}/${name}`]: archive,
    [`/v${NATS_SERVER_VERSION}/SHA256SUMS`]: [
      `${other}  nats-server-v${NATS_SERVER_VERSION}-plan9-amd64.tar.gz`,
      `${checksum ?? sha256(archive)}  ${name}`,
      "",
    ].join("\n"),
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Makes a ustar archive; names that end with a slash are folders. */
export function tarGz(files: Record<string, string>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const data = new TextEncoder().encode(content);
    const padding = new Uint8Array((512 - data.length % 512) % 512);
    return [tarHeader(name, data.length), data, padding];
  });
  return new Uint8Array(gzipSync(concat([...blocks, new Uint8Array(1024)])));
}

function tarHeader(name: string, size: number): Uint8Array {
  const header = new Uint8Array(512);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, "0000755\0");
  put(124, size.toString(8).padStart(11, "0") + "\0");
  put(148, "        ");
  put(156, name.endsWith("/") ? "5" : "0");
  put(257, "ustar\x0000");
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, sum.toString(8).padStart(6, "0") + "\0 ");
  return header;
}

/** Makes a zip archive, its files deflated or stored; without checksums, which nobody reads. */
export function zip(files: Record<string, string>, method: 0 | 8): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const raw = new TextEncoder().encode(content);
    const data = method === 8 ? new Uint8Array(deflateRawSync(raw)) : raw;
    const nameBytes = new TextEncoder().encode(name);
    const common = [2, 20, 2, 0, 2, method, 4, 0, 4, 0, 4, data.length, 4, raw.length];
    const lengths = [2, nameBytes.length, 2, 0];
    parts.push(fields(4, 0x04034b50, ...common, ...lengths), nameBytes, data);
    directory.push(
      fields(4, 0x02014b50, 2, 20, ...common, ...lengths, 2, 0, 2, 0, 2, 0, 4, 0, 4, at),
      nameBytes,
    );
    at += 30 + nameBytes.length + data.length;
  }
  const size = concat(directory).length;
  const count = Object.keys(files).length;
  const end = fields(4, 0x06054b50, 2, 0, 2, 0, 2, count, 2, count, 4, size, 4, at, 2, 0);
  return concat([...parts, ...directory, end]);
}

/** Writes pairs of a width in bytes and a number, little-endian. */
function fields(...pairs: number[]): Uint8Array {
  const bytes: number[] = [];
  for (let index = 0; index < pairs.length; index += 2) {
    for (let byte = 0; byte < pairs[index]!; byte++) {
      bytes.push(Math.floor(pairs[index + 1]! / 2 ** (8 * byte)) & 0xff);
    }
  }
  return new Uint8Array(bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
