import type { StreamInfo } from "@nats-io/jetstream";

/** How far a watch has come. No I/O: what to do is decided here. */
export class WatchProgress {
  /** Sequence of the last message that was given. */
  sequence: number;
  /** Whether the snapshot has been given. */
  isReady = false;
  /** Whether what was given is void, and nobody has been told yet. */
  isReset = false;
  /** How many messages followed the last one. */
  pending = 0;
  /** Up to where the consumer has looked, messages of other subjects included. */
  #seen = 0;
  /** When the last message was stored: another one may get its sequence, but not its time. */
  #time: number | undefined;
  /** Whether every message after `sequence` is wanted, not the last of each subject. */
  #isResumed: boolean;
  #streamCreatedMs: number;

  /**
   * @param from Sequence after which to begin, if not with a snapshot.
   * @param created When the stream was made.
   */
  constructor(from: number | undefined, created: Date) {
    this.sequence = from ?? 0;
    this.#isResumed = from !== undefined;
    this.#streamCreatedMs = created.getTime();
  }

  /** Up to where all that the stream holds has been given; 0 before the snapshot is complete. */
  get completeTo(): number {
    return this.isReady ? Math.max(this.sequence, this.#seen) : 0;
  }

  /**
   * Where a new consumer starts; `undefined` for the last message of each subject.
   *
   * The last message is asked for once more, where it is known: if it is another one now, the
   * stream was set back and has grown again.
   */
  startAt(history: number): number | undefined {
    const isExact = this.isReady || this.#isResumed || (history === 1 && this.sequence > 0);
    if (!isExact) return undefined;
    return this.#time === undefined ? this.sequence + 1 : this.sequence;
  }

  /** Judges a message, and takes note of it if it is new. */
  take(sequence: number, time: number, pending: number): "new" | "known" | "foreign" {
    this.pending = pending;
    if (sequence <= this.sequence) {
      const isSame = sequence < this.sequence || this.#time === undefined || time === this.#time;
      return isSame ? "known" : "foreign";
    }
    this.sequence = sequence;
    this.#time = time;
    return "new";
  }

  /** Takes note that the consumer has nothing to deliver, and how far it has looked. */
  idleAt(sequence: number): void {
    this.pending = 0;
    this.#seen = Math.max(this.#seen, sequence);
  }

  /** Whether a stream is another one than before. */
  isOther(info: StreamInfo): boolean {
    return Date.parse(info.created) !== this.#streamCreatedMs;
  }

  /** Whether a stream lacks what was given already. */
  isBehind({ state }: StreamInfo): boolean {
    return state.last_seq < this.sequence;
  }

  /** Begins anew, since what was given is void. */
  reset(info?: StreamInfo): void {
    if (info !== undefined) this.#streamCreatedMs = Date.parse(info.created);
    this.sequence = 0;
    this.pending = 0;
    this.isReady = false;
    this.isReset = true;
    this.#seen = 0;
    this.#time = undefined;
    this.#isResumed = false;
  }

  /** Takes a stream for the one that is watched. */
  adopt(info: StreamInfo): void {
    this.#streamCreatedMs = Date.parse(info.created);
  }
}
