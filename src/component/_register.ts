import type { Connection } from "../connection/mod.ts";
import { getLogger, type Logger, ShizukuError } from "../core/mod.ts";
import type { Bucket } from "../kv/mod.ts";
import type { Descriptors } from "./_descriptors.ts";
import { openRegistryBucket } from "./_open_registry.ts";
import { GONE_TTL_MS, type RegistryBucket, registryBuckets } from "./_registry_buckets.ts";
import type { BucketSettings } from "./component_kv.ts";
import type { Manifest } from "./manifest.ts";

/** What is to be reported. */
export interface Report {
  /** What the instance says of itself. */
  readonly manifest: Manifest;
  /** Its descriptors. */
  readonly descriptors: Descriptors | undefined;
  /** Namespace of the application. */
  readonly namespace: string | undefined;
  /** What new buckets are to be like. */
  readonly bucket: BucketSettings | undefined;
}

/** An instance that reports. */
export interface Registration extends AsyncDisposable {
  /** Reports something else from now on. */
  update(manifest: Manifest): Promise<void>;
}

/**
 * Writes a manifest, and again at a third of its time to live until it is disposed of.
 *
 * Descriptors are written anew at every third time, and live three times as long: so they are there
 * for as long as a manifest that refers to them.
 */
export async function register(nc: Connection, report: Report): Promise<Registration> {
  const registration = new Reporter(nc, report);
  await registration.start();
  return registration;
}

class Reporter implements Registration {
  readonly #nc: Connection;
  readonly #descriptors: Descriptors | undefined;
  readonly #buckets: ReturnType<typeof registryBuckets>;
  readonly #open = new Map<string, Promise<Bucket>>();
  readonly #logger: Logger;
  #manifest: Manifest;
  #beats = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(nc: Connection, { manifest, descriptors, namespace, bucket }: Report) {
    this.#nc = nc;
    this.#manifest = manifest;
    this.#descriptors = descriptors;
    this.#buckets = registryBuckets(namespace, bucket);
    this.#logger = getLogger(["component", manifest.component]);
  }

  async start(): Promise<void> {
    await this.#write();
    this.#timer = setInterval(() => {
      // The next one may get through; without any the instance is rightly forgotten.
      this.#write().catch((error) => this.#logger.warn("Cannot report: {error}", { error }));
    }, this.#manifest.ttlMs / 3);
  }

  async update(manifest: Manifest): Promise<void> {
    this.#manifest = manifest;
    await this.#write();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing.catch(() => {
      // What could not be written need not be removed any later.
    });
    if (this.#nc.isClosed()) return;
    const bucket = await this.#bucket(this.#buckets.manifests);
    await bucket.write(this.#key, new Uint8Array(), { operation: "purge", ttlMs: GONE_TTL_MS });
  }

  get #key(): string {
    return `${this.#manifest.component}.${this.#manifest.instance}`;
  }

  /** One write after the other, so that none comes after the end. */
  #write(): Promise<void> {
    // Whoever asked for a write that failed has heard of it.
    const before = this.#writing.catch(() => undefined);
    return this.#writing = before.then(() => this.#writeNow());
  }

  async #writeNow(): Promise<void> {
    const { ttlMs } = this.#manifest;
    if (this.#descriptors !== undefined && this.#beats++ % 3 === 0) {
      const { hash, bytes } = this.#descriptors;
      await this.#put(this.#buckets.descriptors, hash, bytes, 3 * ttlMs);
    }
    const payload = new TextEncoder().encode(JSON.stringify(this.#manifest));
    await this.#put(this.#buckets.manifests, this.#key, payload, ttlMs);
  }

  async #put(
    wanted: RegistryBucket,
    key: string,
    value: Uint8Array,
    ttlMs: number,
  ): Promise<void> {
    const bucket = await this.#bucket(wanted);
    try {
      await bucket.write(key, value, { ttlMs });
    } catch (error) {
      // A server that has restarted has lost what it kept in memory: it is made anew.
      if (ShizukuError.from(error).code === "not_found") {
        this.#open.delete(wanted.name);
        this.#beats = 0;
      }
      throw error;
    }
  }

  #bucket(wanted: RegistryBucket): Promise<Bucket> {
    const known = this.#open.get(wanted.name);
    if (known !== undefined) return known;
    const opening = openRegistryBucket(this.#nc, wanted);
    opening.catch(() => this.#open.delete(wanted.name));
    this.#open.set(wanted.name, opening);
    return opening;
  }
}
