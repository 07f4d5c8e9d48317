import type { Bucket } from "./bucket.ts";

/**
 * A bucket whose writes resolve only when somebody has seen them.
 *
 * @param isSeen Resolves when a revision of a key has been seen.
 */
export function syncedBucket(
  bucket: Bucket,
  isSeen: (key: string, revision: number) => Promise<void>,
): Bucket {
  const write: Bucket["write"] = async (key, value, options) => {
    const revision = await bucket.write(key, value, options);
    await isSeen(key, revision);
    return revision;
  };
  return new Proxy(bucket, {
    get(target, name) {
      if (name === "write") return write;
      const member: unknown = Reflect.get(target, name);
      // A method of a class with private fields must be called on the object itself.
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
