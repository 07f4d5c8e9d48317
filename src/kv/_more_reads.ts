/**
 * Reads of many keys, of one revision, and of a history; loaded with the first of them.
 *
 * @module
 */
import { streamName } from "./_bucket_names.ts";
import type { BucketReader } from "./_bucket_reader.ts";
import { getBatch } from "./_direct_batch.ts";
import type { DirectReads } from "./_direct_reads.ts";
import type { BucketEntry, Reads } from "./bucket.ts";

/** How many questions to the leader are under way at once: it has a queue, and drops what is beyond. */
const MAX_QUESTIONS = 256;
const MAX_HISTORY = 64;

/** Reads many keys: with one question for all of them if whoever answers it is good enough. */
export async function getMany(
  reader: BucketReader,
  direct: DirectReads | undefined,
  reads: Reads,
  keys: readonly string[],
): Promise<(BucketEntry | undefined)[]> {
  if (direct !== undefined && await direct.mayRead(reads)) {
    try {
      const found = await getTogether(reader, direct, reads, keys);
      if (found !== "elsewhere") return found;
    } catch (error) {
      throw reader.failure(error, `${keys.length} keys`);
    }
  }
  const entries: (BucketEntry | undefined)[] = new Array(keys.length);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < keys.length; index = next++) {
      entries[index] = await reader.get(keys[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_QUESTIONS, keys.length) }, work));
  return entries;
}

async function getTogether(
  reader: BucketReader,
  direct: DirectReads,
  reads: Reads,
  keys: readonly string[],
): Promise<(BucketEntry | undefined)[] | "elsewhere"> {
  const subjects = keys.map((key) => reader.prefix + key);
  const { jetStream: { nc }, name, timeoutMs } = reader.place;
  const found = await getBatch(nc, streamName(name), subjects, timeoutMs);
  if (found === undefined) return "elsewhere";
  const isTrue = reads === "direct" ||
    found.streams.every((stream) => direct.isFromLeader(stream));
  if (!isTrue) return "elsewhere";
  return subjects.map((subject) => reader.toEntry(found.messages.get(subject)));
}

/** Reads one revision of a key, if it is still kept. */
export async function readRevision(
  reader: BucketReader,
  key: string,
  revision: number,
): Promise<BucketEntry | undefined> {
  try {
    const found = await reader.ask({ seq: revision });
    return found?.subject === reader.prefix + key ? reader.toEntry(found) : undefined;
  } catch (error) {
    throw reader.failure(error, `${key} at revision ${revision}`);
  }
}

/** Reads all revisions of a key that are kept, the oldest first. */
export async function readHistory(reader: BucketReader, key: string): Promise<BucketEntry[]> {
  const subject = reader.prefix + key;
  const entries: BucketEntry[] = [];
  try {
    // Not without end, if somebody writes faster than this reads.
    for (let seq = 1; entries.length < MAX_HISTORY;) {
      const found = await reader.ask({ next_by_subj: subject, seq });
      if (found === undefined) break;
      entries.push(reader.toEntry(found)!);
      seq = found.sequence + 1;
    }
    return entries;
  } catch (error) {
    throw reader.failure(error, `the history of ${key}`);
  }
}
