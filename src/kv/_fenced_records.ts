import { invalid } from "../connection/mod.ts";
import { type Awaitable, ShizukuError, type SubjectParams } from "../core/mod.ts";
import type { EntityCodec } from "./_bucket_entity.ts";
import { refuse } from "./_check_lock.ts";
import { type FencedWrite, readFence, writeFenced } from "./_fenced_write.ts";
import type { Bucket } from "./bucket.ts";
import type { Entity } from "./entity.ts";
import type { Saved } from "./entry.ts";
import type { FencedEntity } from "./fenced.ts";
import type { ValuePlace } from "./placed_codec.ts";

/** Records with their fences. */
export class FencedRecords<Template extends string, T, Init>
  implements Omit<FencedEntity<Template, T, Init>, "entity" | "get"> {
  readonly #entity: Entity<Template, T, Init>;
  readonly #bucket: Bucket;
  readonly #codec: EntityCodec<T, Init>;

  constructor(entity: Entity<Template, T, Init>, codec: EntityCodec<T, Init>) {
    this.#entity = entity;
    this.#codec = codec;
    this.#bucket = entity.bucket;
  }

  async fenceOf(key: SubjectParams<Template>): Promise<bigint | undefined> {
    return readFence(await this.#bucket.get(this.#entity.keyOf(key)));
  }

  async put(
    key: SubjectParams<Template>,
    value: Init,
    fence: bigint,
  ): Promise<Saved<SubjectParams<Template>, T>> {
    const bytes = this.#encode(key, value);
    const write = this.#write("put", key, fence, () => bytes);
    const { revision } = (await writeFenced(this.#bucket, write))!;
    return { key, value: this.#decode(key, bytes), revision };
  }

  async modify(
    key: SubjectParams<Template>,
    change: (value: T | undefined) => Awaitable<Init | undefined>,
    fence: bigint,
  ): Promise<Saved<SubjectParams<Template>, T> | undefined> {
    const written = await writeFenced(
      this.#bucket,
      this.#write("put", key, fence, async (found) => {
        const value = found?.operation === "put" ? this.#decode(key, found.value) : undefined;
        const next = await change(value);
        return next === undefined ? undefined : this.#encode(key, next);
      }),
    );
    if (written === undefined) return undefined;
    return { key, value: this.#decode(key, written.value), revision: written.revision };
  }

  async delete(key: SubjectParams<Template>, fence: bigint): Promise<void> {
    await writeFenced(this.#bucket, this.#write("delete", key, fence, () => new Uint8Array()));
  }

  #write(
    operation: "put" | "delete",
    params: SubjectParams<Template>,
    fence: bigint,
    next: FencedWrite["next"],
  ): FencedWrite {
    const key = this.#entity.keyOf(params);
    const action = `${operation} ${key}`;
    if (typeof fence !== "bigint" || fence < 0n) refuse(action, "its fence", "a bigint", fence);
    return { key, action: `Cannot ${action}`, fence, operation, next };
  }

  #encode(params: SubjectParams<Template>, value: Init): Uint8Array {
    const place = this.#place(params);
    try {
      return this.#codec.encode(value, place);
    } catch (cause) {
      throw invalid(`Cannot write ${place.key}: ${(cause as Error).message}`, cause);
    }
  }

  #decode(params: SubjectParams<Template>, bytes: Uint8Array): T {
    const place = this.#place(params);
    try {
      return this.#codec.decode(bytes, place);
    } catch (cause) {
      const message = `Cannot read ${place.key}: ${(cause as Error).message}`;
      throw new ShizukuError("data_loss", message, { stage: "pre", cause });
    }
  }

  #place(params: SubjectParams<Template>): ValuePlace {
    return { bucket: this.#bucket.name, key: this.#entity.keyOf(params) };
  }
}
