import { homedir } from "node:os";
import { join } from "node:path";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The operating system and processor, as Node names them. */
export interface Platform {
  /** Such as `linux`, `darwin` or `win32`. */
  readonly os: string;
  /** Such as `x64` or `arm64`. */
  readonly arch: string;
}

const RELEASE_OS: Record<string, string> = { win32: "windows" };
const RELEASE_ARCH: Record<string, string> = {
  x64: "amd64",
  ia32: "386",
  arm: "arm7",
  ppc64: "ppc64le",
  mips64el: "mips64le",
};

/** Names a platform as the files of a nats-server release do, such as `linux-amd64`. */
export function releaseTarget({ os, arch }: Platform): string {
  return `${RELEASE_OS[os] ?? os}-${RELEASE_ARCH[arch] ?? arch}`;
}

/** The name of the executable inside an archive, and of what `go install` makes. */
export function executableName({ os }: Platform): string {
  return os === "win32" ? "nats-server.exe" : "nats-server";
}

/** The folder that keeps binaries between runs, by the custom of each operating system. */
export function cacheFolder(env: Environment, { os }: Platform): string {
  if (env.NATS_CACHE) return env.NATS_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, "shizuku");
  const home = env.HOME || homedir();
  if (os === "darwin") return join(home, "Library", "Caches", "shizuku");
  if (os === "win32") return join(env.LOCALAPPDATA ?? join(home, "AppData", "Local"), "shizuku");
  return join(home, ".cache", "shizuku");
}
