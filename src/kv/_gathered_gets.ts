import type { Msg } from "@nats-io/nats-core";
import { isAtLeast } from "../connection/mod.ts";
import type { Facts } from "./_bucket_entry.ts";
import { saysRefused } from "./_kv_error.ts";
import { messageFactsOf } from "./_message_facts.ts";
import type { BucketPlace } from "./_place.ts";

/** With fewer, the end of the answer costs what is saved. */
const SMALLEST = 4;
/** More would hold up others on the server. */
const LARGEST = 256;
/** Before, a question for many keys made the server walk through all keys of its files. */
const QUICK_SERVER = "2.15.0";
const WILDCARD = /[*>]/;

/** A value that is waited for. */
export interface Wanted {
  /** Subject of its key. */
  readonly subject: string;
  /** Takes what a direct read answers. */
  answer(reply: Msg, facts: Facts): void;
  /** Hears that it was left out of an answer; whether it is to be asked for alone. */
  miss(): boolean;
  /** Takes the error of the question. */
  fail(error: unknown): void;
}

/**
 * Reads values directly; what is wanted in one turn is asked for together.
 *
 * The server spends most of its time for a read on the question and on the subject of its answer,
 * which many values share here. What the answer leaves out is asked for once more: that there is
 * nothing is not concluded from silence.
 *
 * @see ADR-31 (JetStream direct get)
 */
export class GatheredGets {
  readonly #place: BucketPlace;
  readonly #subject: string;
  #wanted: Wanted[] = [];
  #isRefused = false;
  /** What the server has said of itself, and whether it is quick then. */
  #greeting: unknown;
  #isQuick = false;

  constructor(place: BucketPlace, stream: string) {
    this.#place = place;
    this.#subject = `$JS.API.DIRECT.GET.${stream}`;
  }

  /** Asks for a value at the end of this turn. */
  add(wanted: Wanted): void {
    if (this.#wanted.push(wanted) === 1) queueMicrotask(() => this.#send());
  }

  #send(): void {
    const wanted = this.#wanted;
    this.#wanted = [];
    if (wanted.length < SMALLEST || !this.#mayGather()) return this.#askEach(wanted);
    for (let at = 0; at < wanted.length; at += LARGEST) {
      this.#askTogether(wanted.slice(at, at + LARGEST));
    }
  }

  #mayGather(): boolean {
    const { border: { isWatched }, jetStream: { nc: { info } } } = this.#place;
    if (this.#greeting !== info) {
      this.#greeting = info;
      this.#isQuick = info !== undefined && isAtLeast(info.version, QUICK_SERVER);
    }
    return this.#isQuick && !this.#isRefused && !isWatched;
  }

  #askEach(wanted: Iterable<Wanted>): void {
    for (const each of wanted) this.#askAlone(each);
  }

  #askAlone(wanted: Wanted): void {
    const { border, timeoutMs } = this.#place;
    border.exchange(
      `${this.#subject}.${wanted.subject}`,
      undefined,
      { timeoutMs },
      (reply) => {
        try {
          wanted.answer(reply, messageFactsOf(reply));
        } catch (error) {
          // Headers that the client cannot read; thrown here it would end the connection.
          wanted.fail(error);
        }
      },
      (error) => wanted.fail(error),
    );
  }

  #askTogether(wanted: readonly Wanted[]): void {
    const missing = new Map<string, Wanted>();
    for (const each of wanted) {
      // Two that want the same get a value each, which is theirs to change.
      if (missing.has(each.subject) || WILDCARD.test(each.subject)) this.#askAlone(each);
      else missing.set(each.subject, each);
    }
    const takesPart = (reply: Msg): boolean => {
      const facts = readPart(reply);
      if (facts === undefined) return false;
      const found = missing.get(facts.subject);
      if (missing.delete(facts.subject)) found!.answer(reply, facts);
      return true;
    };
    const onError = (error: unknown) => {
      this.#isRefused ||= saysRefused(error);
      if (this.#isRefused) return this.#askEach(missing.values());
      for (const each of missing.values()) each.fail(error);
    };
    const { border, timeoutMs } = this.#place;
    border.exchange(
      this.#subject,
      JSON.stringify({ multi_last: [...missing.keys()] }),
      { timeoutMs, takesPart },
      () => this.#askEach([...missing.values()].filter((each) => each.miss())),
      onError,
    );
  }
}

/** What a message says that is part of an answer; nothing if it is the end, or cannot be read. */
function readPart(reply: Msg): Facts | undefined {
  try {
    const facts = messageFactsOf(reply);
    return facts.revision > 0 ? facts : undefined;
  } catch {
    // Who was left out asks again, and is told.
    return undefined;
  }
}
