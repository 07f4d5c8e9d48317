import { entryOf } from "./_bucket_entry.ts";
import { streamName } from "./_bucket_names.ts";
import type { BucketReader } from "./_bucket_reader.ts";
import { getBatch } from "./_direct_batch.ts";
import { messageFactsOf } from "./_message_facts.ts";
import type { BucketEntry } from "./bucket.ts";

/** How many questions to the leader are under way at once: it has a queue, and drops what is beyond. */
const MAX_QUESTIONS = 256;
const MAX_HISTORY = 64;

/** Reads many keys: with one question for all of them if whoever answers it is good enough. */
export async function getMany(
  reader: BucketReader,
  keys: readonly string[],
): Promise<(BucketEntry | undefined)[]> {
  const { direct, reads } = reader;
  if (direct !== undefined && await direct.mayRead(reads)) {
    try {
      const found = await getTogether(reader, keys);
      if (found !== "elsewhere") return found;
    } catch (error) {
      throw reader.place.troubles.readFailure(reader.place, error, `${keys.length} keys`);
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
  keys: readonly string[],
): Promise<(BucketEntry | undefined)[] | "elsewhere"> {
  const subjects = keys.map((key) => reader.place.prefix + key);
  const { jetStream: { nc }, name, timeoutMs } = reader.place;
  const found = await getBatch(nc, streamName(name), subjects, timeoutMs);
  if (found === undefined) return "elsewhere";
  const isTrue = reader.reads === "direct" ||
    found.streams.every((stream) => reader.place.sole.isFromLeader(stream));
  if (!isTrue) return "elsewhere";
  return subjects.map((subject, index) => {
    const message = found.messages.get(subject)?.message;
    return message && entryOf(keys[index]!, message.data, messageFactsOf(message));
  });
}

/** Reads one revision of a key, if it is still kept. */
export async function readRevision(
  reader: BucketReader,
  key: string,
  revision: number,
): Promise<BucketEntry | undefined> {
  const query = { next_by_subj: reader.place.prefix + key, seq: revision };
  const found = await reader.askLeader(query, `${key} at revision ${revision}`);
  return found?.revision === revision ? found : undefined;
}

/** Reads all revisions of a key that are kept, the oldest first. */
export async function readHistory(reader: BucketReader, key: string): Promise<BucketEntry[]> {
  const subject = reader.place.prefix + key;
  const entries: BucketEntry[] = [];
  // Not without end, if somebody writes faster than this reads.
  for (let seq = 1; entries.length < MAX_HISTORY;) {
    const query = { next_by_subj: subject, seq };
    const found = await reader.askLeader(query, `the history of ${key}`);
    if (found === undefined) break;
    entries.push(found);
    seq = found.revision + 1;
  }
  return entries;
}
