import type { DescService } from "@bufbuild/protobuf";
import type { Manifest, Registry, RegistryEvent } from "../component/mod.ts";
import { backoffMs, delay, getLogger } from "../core/mod.ts";
import {
  type ComponentServices,
  type ComponentVersion,
  joinVersions,
  readComponent,
} from "./_component_services.ts";
import type { Expose } from "./_expose.ts";

/** What a follower needs. */
export interface FollowerOptions {
  /** What may be called. */
  readonly expose: Expose;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const BACKOFF = { initialMs: 100, maxMs: 10_000 };
const NOTHING: ComponentServices = { services: [], problems: [] };

/** Knows what the components that run offer, from the registry alone. */
export class RegistryFollower {
  /** The services, in a new array after each change. */
  services: readonly DescService[] = [];
  /** Resolves when all that ran at the beginning is served, as far as it can be. */
  readonly ready: Promise<void>;
  /** Resolves when nothing is followed any more. */
  readonly ended: Promise<void>;
  readonly #registry: Pick<Registry, "watch" | "descriptors">;
  readonly #expose: Expose;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, ComponentVersion & { readonly manifest: Manifest }>();
  /** What is read once for all instances of a version. */
  readonly #read = new Map<string, ComponentServices>();
  /** The first tries to read what has come since the beginning. */
  #loads: Promise<unknown>[] = [];
  #onReady: () => void = () => {};

  constructor(
    registry: Pick<Registry, "watch" | "descriptors">,
    { expose, signal }: FollowerOptions,
  ) {
    this.#registry = registry;
    this.#expose = expose;
    this.#signal = signal;
    this.ready = new Promise((resolve) => this.#onReady = resolve);
    this.ended = this.#follow().finally(() => this.#onReady());
  }

  async #follow(): Promise<void> {
    for (let failures = 1; !this.#signal.aborted; failures++) {
      try {
        const seen = new Set<string>();
        for await (const event of this.#registry.watch({ signal: this.#signal })) {
          failures = 0;
          this.#take(event, seen);
        }
        return;
      } catch (error) {
        if (this.#signal.aborted) return;
        getLogger(["hono"]).error("Cannot follow the components that run: {error}", { error });
        await this.#wait(failures);
      }
    }
  }

  /** @param seen The instances that this watch has told of, which is one of several after a failure. */
  #take(event: RegistryEvent, seen: Set<string>): void {
    if (event.type === "ready") {
      for (const instance of this.#running.keys()) {
        if (!seen.has(instance)) this.#running.delete(instance);
      }
      void Promise.all(this.#loads).then(() => this.#onReady());
      this.#loads = [];
    } else {
      const { manifest } = event;
      this.#running.delete(manifest.instance);
      if (event.type !== "gone") {
        seen.add(manifest.instance);
        this.#begin(manifest);
      }
    }
    this.#publish();
  }

  #begin(manifest: Manifest): void {
    const { instance, version, startedAt } = manifest;
    const known = this.#read.get(keyOf(manifest));
    const { services } = known ?? NOTHING;
    this.#running.set(instance, { manifest, version, startedAt, services });
    if (known !== undefined || manifest.descriptors === undefined) return;
    const first = this.#load(manifest);
    this.#loads.push(first);
    void first.then((isDone) => {
      if (!isDone) void this.#loadAgain(manifest);
    });
  }

  async #loadAgain(manifest: Manifest): Promise<void> {
    for (let failures = 1; this.#isCurrent(manifest); failures++) {
      await this.#wait(failures);
      if (!this.#isCurrent(manifest) || await this.#load(manifest)) return;
    }
  }

  /** Gives false if it is worth another try. */
  async #load(manifest: Manifest): Promise<boolean> {
    try {
      const bytes = await this.#registry.descriptors(manifest);
      if (bytes === undefined) throw new Error("its descriptors are not there");
      const read = this.#readOnce(manifest, bytes);
      if (this.#isCurrent(manifest)) {
        const running = this.#running.get(manifest.instance)!;
        this.#running.set(manifest.instance, { ...running, services: read.services });
        this.#publish();
      }
      return true;
    } catch (error) {
      if (this.#isCurrent(manifest)) complain(manifest, error);
      return false;
    }
  }

  #readOnce(manifest: Manifest, bytes: Uint8Array): ComponentServices {
    const key = keyOf(manifest);
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    let read = NOTHING;
    try {
      read = readComponent(manifest, bytes, this.#expose);
    } catch (error) {
      // One component that describes itself wrongly must not take the others away.
      complain(manifest, error);
    }
    for (const problem of read.problems) complain(manifest, problem);
    this.#read.set(key, read);
    return read;
  }

  #isCurrent(manifest: Manifest): boolean {
    return !this.#signal.aborted && this.#running.get(manifest.instance)?.manifest === manifest;
  }

  #publish(): void {
    this.services = joinVersions(this.#running.values());
    const keys = new Set([...this.#running.values()].map(({ manifest }) => keyOf(manifest)));
    for (const key of this.#read.keys()) if (!keys.has(key)) this.#read.delete(key);
  }

  async #wait(failures: number): Promise<void> {
    // It rejects when the signal aborts, which is looked at anyway.
    await delay(backoffMs(failures, BACKOFF), this.#signal).catch(() => {});
  }
}

/** What tells two descriptions apart. */
function keyOf({ descriptors, rpc }: Manifest): string {
  return `${descriptors} ${JSON.stringify(rpc)}`;
}

function complain({ component, version }: Manifest, error: unknown): void {
  getLogger(["hono"]).error("Cannot serve all of {component} {version}: {error}", {
    component,
    version,
    error,
  });
}
