import { createInbox, type Msg, type NatsConnection, type Subscription } from "@nats-io/nats-core";
import { inboxPrefixOf } from "../connection/mod.ts";
import { backoffMs } from "../core/mod.ts";
import { type PullAction, pullActionOf } from "./_pull_status.ts";

/** What a puller tells whoever it pulls for. */
export interface PullerOptions {
  /** Subject that asks for messages, `$JS.API.CONSUMER.MSG.NEXT.<stream>.<consumer>`. */
  subject(): string;
  /** Milliseconds between two signs of life of the server. */
  readonly heartbeatMs: number;
  /** How many messages may be held, less those that are. Called before each pull. */
  free(): number;
  /** How many bytes likewise, if they are limited; then there is one pull at a time. */
  freeBytes?(): number;
  /** How many may be held at all. */
  size(): number;
  /** A message has come, at a moment on the clock of `performance.now()`. */
  onMessage(message: Msg, now: number): void;
  /** The server does not answer, or answers that it cannot. */
  onProblem(problem: PullProblem): void;
  /** After a problem it answers again. */
  onRecovered(): void;
}

/** Why a puller does not get messages. */
export type PullProblem =
  | { readonly type: "missed_heartbeats" }
  | { readonly type: "deleted" | "absent" }
  | { readonly type: "retry" | "failed" | "denied"; readonly reason: string };

interface Pull {
  readonly batch: number;
  readonly expiresAt: number;
}

/** How long one pull waits for messages, in milliseconds. */
const EXPIRES_MS = 30_000;
/** A check that comes so late means that the process was busy or frozen, not the server. */
const LATE_MS = 500;

/**
 * Asks for the messages of one consumer, on one subscription.
 *
 * What was asked for and has not come counts as held: so never more comes than there is room for.
 */
export class Puller {
  readonly #nc: NatsConnection;
  readonly #options: PullerOptions;
  readonly #limits = { batch: Infinity, expires: EXPIRES_MS, max_bytes: Infinity };
  readonly #pulls = new Map<number, Pull>();
  #subscription: Subscription | undefined;
  #inbox = "";
  #outstanding = 0;
  #lastPull = 0;
  #receivedInPull = 0;
  #heardAt = 0;
  #checkDue = 0;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isOversize = false;
  /** How many bytes were free when the next message did not fit into them. */
  #tooFewBytes = 0;
  #isTroubled = false;

  constructor(nc: NatsConnection, options: PullerOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /** How many messages were asked for and have not come. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Whether it asks for messages at all. */
  get isOpen(): boolean {
    return this.#subscription !== undefined;
  }

  /** Begins to ask, on an inbox that no earlier pull knows: those the server forgets. */
  open(): void {
    this.#forget();
    if (this.#nc.isClosed() || this.#nc.isDraining()) return;
    const inbox = createInbox(inboxPrefixOf(this.#nc));
    this.#inbox = `${inbox}.`;
    this.#subscription = this.#nc.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        // The client ends the subscription; the missed heartbeats are what asks anew.
        else this.#report({ type: "denied", reason: error.message });
      },
    });
    this.#heardAt = performance.now();
    this.request();
  }

  /** Asks no more; what is on its way is lost, and the server delivers it again. */
  drop(): void {
    const subscription = this.#forget();
    if (subscription !== undefined && !subscription.isClosed()) subscription.unsubscribe();
  }

  /** Asks no more, and waits for what is on its way. */
  async close(): Promise<void> {
    const subscription = this.#forget();
    if (subscription === undefined || subscription.isClosed() || this.#nc.isClosed()) return;
    await subscription.drain();
  }

  /** Asks for as many messages as there is room for, if that is worth a pull. */
  request(): void {
    if (this.#subscription === undefined || this.#retry !== undefined) return;
    const free = Math.floor(Math.min(this.#options.free() - this.#outstanding, this.#limits.batch));
    if (free < 1) return;
    if (this.#options.freeBytes === undefined) {
      // Small pulls cost more than they bring, as long as messages can come through another one.
      if (this.#outstanding === 0 || free * 2 >= this.#options.size()) this.#pull(free);
    } else if (this.#outstanding === 0) {
      const bytes = Math.min(this.#options.freeBytes(), this.#limits.max_bytes);
      if (this.#isOversize) this.#pull(1);
      else if (bytes > this.#tooFewBytes) this.#pull(free, bytes);
    }
  }

  /** Notices, when called now and then, that the server is silent. */
  check(now: number): void {
    const isLate = this.#checkDue > 0 && now - this.#checkDue > LATE_MS;
    this.#checkDue = now + this.#options.heartbeatMs;
    if (isLate) this.#heardAt = Math.max(this.#heardAt, now - this.#options.heartbeatMs);
    for (const [id, { expiresAt }] of this.#pulls) {
      if (expiresAt > now) break;
      this.#pulls.delete(id);
    }
    // What a pull that is long over did not bring will not come.
    if (this.#pulls.size === 0) this.#outstanding = 0;
    if (this.#outstanding > 0 && now - this.#heardAt > this.#options.heartbeatMs * 2) {
      this.#report({ type: "missed_heartbeats" });
    }
    this.request();
  }

  /** Waits before it asks again, longer each time until a message comes. */
  backOff(): void {
    if (this.#subscription === undefined || this.#retry !== undefined) return;
    const waitMs = backoffMs(++this.#failures, { initialMs: 200, maxMs: 5_000 });
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.request();
    }, waitMs);
  }

  #pull(batch: number, maxBytes?: number): void {
    const id = ++this.#lastPull;
    const now = performance.now();
    const expiresMs = this.#limits.expires;
    const request = {
      batch,
      expires: expiresMs * 1_000_000,
      idle_heartbeat: Math.min(this.#options.heartbeatMs, expiresMs / 2) * 1_000_000,
      ...(maxBytes !== undefined && { max_bytes: maxBytes }),
    };
    if (this.#outstanding === 0) this.#heardAt = now;
    this.#isOversize = false;
    this.#receivedInPull = 0;
    this.#tooFewBytes = 0;
    this.#outstanding += batch;
    this.#pulls.set(id, { batch, expiresAt: now + expiresMs + 5_000 });
    this.#nc.publish(this.#options.subject(), JSON.stringify(request), {
      reply: `${this.#inbox}${id}`,
    });
  }

  #receive(message: Msg): void {
    const now = this.#heardAt = performance.now();
    // A message has the subject on which it was published, only a status has that of the inbox.
    if (!message.reply && message.subject.startsWith(this.#inbox)) return this.#onStatus(message);
    if (this.#outstanding > 0) this.#outstanding--;
    if (this.#isTroubled) this.#recover();
    this.#receivedInPull++;
    this.#options.onMessage(message, now);
  }

  #onStatus(message: Msg): void {
    const { code = 0, description = "" } = message.headers ?? {};
    const action = pullActionOf(code, description);
    if (this.#isTroubled && (action.type === "alive" || action.type === "ended")) this.#recover();
    if (action.type === "alive") return;
    this.#end(Number(message.subject.slice(this.#inbox.length)), message);
    this.#act(action);
  }

  /** Takes back what a pull that is over has not brought: as much as the server says, or all. */
  #end(id: number, message: Msg): void {
    const pull = this.#pulls.get(id);
    this.#pulls.delete(id);
    const said = message.headers?.get("Nats-Pending-Messages");
    const left = said ? Number(said) : pull?.batch ?? 0;
    this.#outstanding = this.#pulls.size === 0 ? 0 : Math.max(0, this.#outstanding - left);
  }

  #act(action: PullAction): void {
    switch (action.type) {
      case "alive":
        return;
      case "ended":
        return this.request();
      case "too_large":
        return this.#onTooLarge();
      case "limited":
        this.#limits[action.field] = action.most;
        return this.request();
      case "deleted":
      case "absent":
      case "retry":
      case "failed":
        this.backOff();
        return this.#report(action);
    }
  }

  /** A message that does not fit where nothing else is never will: it comes alone. */
  #onTooLarge(): void {
    if (this.#receivedInPull === 0) {
      this.#isOversize = this.#options.free() === this.#options.size();
      this.#tooFewBytes = this.#options.freeBytes?.() ?? 0;
    }
    this.request();
  }

  #report(problem: PullProblem): void {
    this.#isTroubled = true;
    this.#options.onProblem(problem);
  }

  #recover(): void {
    this.#isTroubled = false;
    this.#failures = 0;
    this.#options.onRecovered();
  }

  #forget(): Subscription | undefined {
    const subscription = this.#subscription;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#subscription = undefined;
    this.#outstanding = 0;
    this.#checkDue = 0;
    this.#pulls.clear();
    return subscription;
  }
}
