import {
  FREE_LOCK,
  type LockDocument,
  type LockMode,
  type LockOperation,
  step,
} from "../../../src/kv/mod.ts";

/**
 * A model of sessions that use one lock, for an exhaustive search. Documents change by the library's
 * own `step()`; what is modelled is what lies around it: compare-and-set, messages whose outcome is
 * unknown, leases, observers, crashes.
 *
 * There is no clock. What is modelled of time is the one thing that the design promises: before an
 * observer has seen a heartbeat unchanged for a whole lease, the lease that began with that
 * heartbeat's write is over for its holder.
 */
export interface ModelOptions {
  /** What the sessions ask for, one after the other: `[["write", "read"], ["write"]]`. */
  readonly rounds: readonly (readonly LockMode[])[];
  readonly crashes: number;
  /** How many writes have an outcome that their writer does not learn of. */
  readonly unknowns: number;
  /** How often a session that lives is silent for so long that others take it for dead. */
  readonly silences: number;
  /** Breaks the design. */
  readonly broken?: "heartbeats restart" | "no forced leave" | "hasty observer" | "blind renewal";
}

/** What a search has found. */
export interface ModelResult {
  readonly states: number;
  /** What must not be, with the actions that lead there. */
  readonly violation?: string;
}

type Status = "wants" | "waits" | "holds" | "leaves" | "done" | "crashed";

interface Party {
  status: Status;
  round: number;
  /** The last heartbeat that it used. */
  beat: number;
  /** Heartbeat with which its lease began; whether the lease runs. */
  lease: number;
  valid: boolean;
  /** Highest revision on top of which a write of it is in doubt. */
  doubt: number;
  /** Revision at which it was last granted, as it may learn by a push that is late. */
  grant: number;
  /** Heartbeats of the others as it saw them, and those that it has seen for a whole lease. */
  seen: number[];
  stale: number[];
}

/** A write that is under way although its writer has given it up. */
interface Ghost {
  readonly by: number;
  readonly base: number;
  readonly document: LockDocument;
}

interface State {
  document: LockDocument;
  revision: number;
  parties: Party[];
  ghosts: Ghost[];
  crashes: number;
  unknowns: number;
  silences: number;
  renewals: number;
  newest: Record<LockMode, number>;
  violation?: string;
}

type Action = readonly [name: string, next: State];

/** Searches all states that can be reached. */
export function searchModel(options: ModelOptions): ModelResult {
  return new Search(options).run();
}

class Search {
  readonly #options: ModelOptions;
  readonly #index = new Map<string, number>();
  readonly #states: State[] = [];
  readonly #from: (readonly [state: number, action: string])[] = [];
  readonly #before: number[][] = [];

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  run(): ModelResult {
    this.#add(initial(this.#options), -1, "start");
    const finished: number[] = [];
    for (let at = 0; at < this.#states.length; at++) {
      const state = this.#states[at]!;
      if (isFinished(state)) finished.push(at);
      for (const [name, next] of actionsOf(state, this.#options)) {
        const violation = next.violation ?? violationOf(next, this.#options);
        const index = this.#add(next, at, name);
        if (violation !== undefined) return this.#fail(index, violation);
      }
    }
    const stuck = this.#findStuck(finished);
    if (stuck !== undefined) return this.#fail(stuck, "nobody gets any further");
    return { states: this.#states.length };
  }

  #add(state: State, from: number, action: string): number {
    const key = keyOf(state);
    const known = this.#index.get(key);
    if (known !== undefined) {
      this.#before[known]!.push(from);
      return known;
    }
    const index = this.#states.push(state) - 1;
    this.#index.set(key, index);
    this.#from.push([from, action]);
    this.#before.push(from < 0 ? [] : [from]);
    return index;
  }

  /** A state from which no way leads to one in which everybody has had the lock. */
  #findStuck(finished: readonly number[]): number | undefined {
    const canFinish = new Uint8Array(this.#states.length);
    const next = [...finished];
    for (const index of next) canFinish[index] = 1;
    for (let index = next.pop(); index !== undefined; index = next.pop()) {
      for (const before of this.#before[index]!) {
        if (canFinish[before]) continue;
        canFinish[before] = 1;
        next.push(before);
      }
    }
    const stuck = canFinish.indexOf(0);
    return stuck === -1 ? undefined : stuck;
  }

  #fail(index: number, what: string): ModelResult {
    const actions: string[] = [];
    for (let at = index; at >= 0;) {
      const [before, action] = this.#from[at]!;
      actions.unshift(action);
      at = before;
    }
    return { states: this.#states.length, violation: `${what}: ${actions.join(", ")}` };
  }
}

/**
 * States in which numbers differ but not their order go on in the same way: heartbeats and
 * revisions count by their rank only.
 */
function keyOf({ document, revision, parties, ghosts, newest, ...budgets }: State): string {
  const beats = parties.map(({ beat, lease }, index) =>
    ranks([
      beat,
      lease,
      ...[document, ...ghosts.map((ghost) => ghost.document)].map(({ s }) =>
        s[`${index}`]?.[0] ?? 0
      ),
      ...parties.flatMap(({ seen, stale }) => [seen[index]!, stale[index]!]),
    ])
  );
  const revisions = ranks([
    revision,
    newest.read,
    newest.write,
    ...parties.flatMap(({ doubt, grant }) => [doubt, grant]),
    ...ghosts.map(({ base }) => base),
  ]);
  const ranked = ({ s, h, q }: LockDocument) => [
    Object.entries(s).map(([session, [beat]]) => [session, beats[Number(session)]!.get(beat)]),
    h.map(([ticket, , mode]) => [ticket, mode]),
    q.map(([ticket, , mode]) => [ticket, mode]),
  ];
  return JSON.stringify([
    budgets,
    ranked(document),
    [revision, newest.read, newest.write].map((value) => revisions.get(value)),
    ghosts.map(({ by, base, document }) => [by, revisions.get(base), ranked(document)]),
    parties.map(({ status, round, beat, lease, valid, doubt, grant, seen, stale }, index) => [
      [status, round, valid, beats[index]!.get(beat), beats[index]!.get(lease)],
      [revisions.get(doubt), revisions.get(grant)],
      seen.map((value, other) => beats[other]!.get(value)),
      stale.map((value, other) => beats[other]!.get(value)),
    ]),
  ]);
}

function ranks(values: readonly number[]): Map<number, number> {
  const sorted = [...new Set([-1, 0, ...values])].sort((left, right) => left - right);
  return new Map(sorted.map((value, rank) => [value, rank - 1]));
}

function initial({ rounds, crashes, unknowns, silences }: ModelOptions): State {
  const parties = rounds.map((): Party => ({
    status: "wants",
    round: 0,
    beat: 0,
    lease: 0,
    valid: false,
    doubt: -1,
    grant: 0,
    seen: rounds.map(() => 0),
    stale: rounds.map(() => 0),
  }));
  return {
    document: FREE_LOCK,
    revision: 0,
    parties,
    ghosts: [],
    crashes,
    unknowns,
    silences,
    renewals: 1,
    newest: { read: 0, write: 0 },
  };
}

function isFinished({ parties, ghosts }: State): boolean {
  return ghosts.length === 0 &&
    parties.every(({ status }) => status === "done" || status === "crashed");
}

/** What must hold in every state. */
function violationOf(state: State, options: ModelOptions): string | undefined {
  const believers = state.parties.flatMap(({ status, valid }, index) =>
    status === "holds" && valid ? [modeOf(state, options, index)] : []
  );
  if (believers.length > 1 && believers.includes("write")) return "two hold";
  for (const [index, { status }] of state.parties.entries()) {
    const { h, q } = state.document;
    const hasTicket = [...h, ...q].some(([, session]) => session === `${index}`);
    if (status === "done" && hasTicket) return "a ticket of one who has left";
  }
  return undefined;
}

function modeOf({ parties }: State, { rounds }: ModelOptions, index: number): LockMode {
  return rounds[index]![Math.min(parties[index]!.round, rounds[index]!.length - 1)]!;
}

function ticketOf({ parties }: State, index: number): string {
  return `${index}.${parties[index]!.round}`;
}

/** Everything that can happen next. */
function actionsOf(state: State, options: ModelOptions): Action[] {
  const actions: Action[] = [];
  const act = (name: string, change: (next: State) => void) => {
    const next = structuredCloneState(state);
    change(next);
    actions.push([name, next]);
  };
  for (const [index, party] of state.parties.entries()) {
    if (party.status === "done" || party.status === "crashed") continue;
    addWrites(state, options, index, act);
    addSights(state, options, index, act);
    if (state.crashes > 0) {
      act(`${index} crashes`, (next) => {
        next.crashes--;
        next.parties[index]!.status = "crashed";
      });
    }
    for (const [other, { status }] of state.parties.entries()) {
      const isSeen = party.seen[other]! > 0 && party.stale[other] !== party.seen[other];
      if (other === index || !isSeen || (status !== "crashed" && state.silences === 0)) continue;
      act(`${index} takes ${other} for dead`, (next) => elapse(next, options, index, other));
    }
  }
  for (const [number, ghost] of state.ghosts.entries()) {
    act(`a write of ${ghost.by} arrives late`, (next) => {
      next.ghosts.splice(number, 1);
      if (ghost.base < 0 || ghost.base === next.revision) commit(next, ghost.document);
    });
  }
  return actions;
}

type Act = (name: string, change: (next: State) => void) => void;

/** What a party writes: to ask, to give back, to renew. */
function addWrites(state: State, options: ModelOptions, index: number, act: Act): void {
  const party = state.parties[index]!;
  const isOver = party.status === "waits" && !party.valid;
  if (party.status === "wants") addTries(state, options, index, "asks", act);
  if (party.status === "leaves") addTries(state, options, index, "leaves", act);
  const seesDead = party.stale.some((stale, other) => stale > 0 && beatOf(state, other) === stale);
  if (isOver || (party.status === "waits" && seesDead)) {
    addTries(state, options, index, "renews", act);
  }
  if (party.status === "holds" && party.valid && state.renewals > 0) {
    addTries(state, options, index, "renews", act);
  }
  // Only now and then: that one gives up is interesting where a write is in doubt.
  const givesUp = party.doubt >= 0 && (party.status === "wants" || party.status === "waits");
  if (party.status === "holds" || givesUp) {
    act(`${index} ${party.status === "holds" ? "has enough" : "gives up"}`, (next) => {
      next.parties[index]!.status = "leaves";
    });
  }
}

/** What a party learns without writing. */
function addSights(state: State, options: ModelOptions, index: number, act: Act): void {
  const party = state.parties[index]!;
  if (party.status === "waits" && party.grant > 0 && party.valid) {
    act(`${index} sees its grant`, (next) => hold(next, options, index, party.grant));
  }
  const isNews = state.parties.some((_, other) =>
    other !== index && beatOf(state, other) !== party.seen[other]
  );
  if (party.status === "waits" && isNews) {
    act(`${index} looks`, (next) => look(next, index));
  }
}

function addTries(
  state: State,
  options: ModelOptions,
  index: number,
  what: "asks" | "leaves" | "renews",
  act: Act,
): void {
  act(`${index} ${what}`, (next) => {
    const document = plan(next, options, index, what);
    if (document !== undefined) commit(next, document);
    acknowledge(next, options, index, what, document);
  });
  if (state.unknowns === 0) return;
  act(`${index} ${what}, unacknowledged`, (next) => {
    const document = plan(next, options, index, what);
    if (document === undefined) return;
    next.unknowns--;
    doubt(next, index);
    commit(next, document);
  });
  act(`${index} ${what}, late`, (next) => {
    const document = plan(next, options, index, what);
    if (document === undefined) return;
    next.unknowns--;
    const isBlind = options.broken === "blind renewal" && what === "renews";
    next.ghosts.push({ by: index, base: isBlind ? -1 : next.revision, document });
    doubt(next, index);
  });
}

function doubt(state: State, index: number): void {
  const party = state.parties[index]!;
  party.doubt = Math.max(party.doubt, state.revision);
}

/** The document that a party writes; nothing if it needs to write none. */
function plan(
  state: State,
  { broken, rounds }: ModelOptions,
  index: number,
  what: "asks" | "leaves" | "renews",
): LockDocument | undefined {
  look(state, index);
  const party = state.parties[index]!;
  if (what === "renews" && party.status === "holds") state.renewals--;
  const session = `${index}`;
  const ticket = ticketOf(state, index);
  const operations: LockOperation[] = [];
  for (const [other, stale] of party.stale.entries()) {
    if (stale > 0 && beatOf(state, other) === stale) {
      operations.push({ type: "evict", session: `${other}` });
    }
  }
  if (what === "asks") {
    const mode = modeOf(state, { rounds } as ModelOptions, index);
    operations.push({ type: "join", ticket, session, mode, ttlMs: 1 });
  } else if (what === "leaves") operations.push({ type: "leave", ticket });
  if (broken === "heartbeats restart" && beatOf(state, index) === 0) party.beat = 0;
  operations.push({ type: "heartbeat", session, beat: ++party.beat });
  const next = step(state.document, operations);
  const isSame = JSON.stringify(next) === JSON.stringify(state.document);
  const isForced = broken !== "no forced leave" && party.doubt >= state.revision;
  return isSame && !isForced ? undefined : next;
}

/** The writer learns that what it wanted is in the document. */
function acknowledge(
  state: State,
  options: ModelOptions,
  index: number,
  what: "asks" | "leaves" | "renews",
  written: LockDocument | undefined,
): void {
  const party = state.parties[index]!;
  // A later revision than all that are in doubt: none of those can be done any more.
  if (written !== undefined) party.doubt = -1;
  look(state, index);
  if (what === "leaves") {
    const isLast = party.round + 1 >= options.rounds[index]!.length;
    party.status = isLast ? "done" : "wants";
    party.valid = false;
    party.lease = party.grant = 0;
    if (!isLast) party.round++;
    return;
  }
  const [held, waiting] = [state.document.h, state.document.q].map((tickets) =>
    tickets.some(([, session]) => session === `${index}`)
  );
  if (held || waiting) {
    party.lease = party.beat;
    party.valid = true;
  }
  if (held && party.status !== "holds") hold(state, options, index, state.revision);
  else if (waiting) party.status = "waits";
  else if (!held) party.status = party.status === "holds" ? "leaves" : "wants";
}

function commit(state: State, document: LockDocument): void {
  const before = new Set(state.document.h.map(([ticket]) => ticket));
  const known = [...state.document.h, ...state.document.q].map(([ticket]) => ticket);
  state.revision++;
  for (const [ticket, session] of document.h) {
    const party = state.parties[Number(session)]!;
    if (!before.has(ticket) && ticket === ticketOf(state, Number(session))) {
      party.grant = state.revision;
    }
  }
  // Whoever stays keeps its place.
  const now = [...document.h, ...document.q].map(([ticket]) => ticket);
  const stayed = known.filter((ticket) => now.includes(ticket));
  const order = now.filter((ticket) => known.includes(ticket));
  if (`${stayed}` !== `${order}`) state.violation = "out of order";
  state.document = document;
  // What was sent on top of an older revision can never be done.
  state.ghosts = state.ghosts.filter(({ base }) => base < 0 || base >= state.revision);
  for (const party of state.parties) if (party.doubt < state.revision) party.doubt = -1;
}

/** Takes note of the heartbeats of the others. */
function look(state: State, index: number): void {
  const party = state.parties[index]!;
  // A push of an older document does not count any more.
  if (!state.document.h.some(([, session]) => session === `${index}`)) party.grant = 0;
  for (const other of state.parties.keys()) {
    if (other === index) continue;
    party.seen[other] = beatOf(state, other);
    if (party.stale[other] !== party.seen[other]) party.stale[other] = 0;
  }
}

function hold(state: State, options: ModelOptions, index: number, fence: number): void {
  const party = state.parties[index]!;
  const mode = modeOf(state, options, index);
  const { newest } = state;
  if (fence <= (mode === "write" ? Math.max(newest.read, newest.write) : newest.write)) {
    state.violation = "fences out of order";
  }
  newest[mode] = Math.max(newest[mode], fence);
  party.status = "holds";
  party.grant = 0;
}

/** One has seen the same heartbeat of another for a whole lease. */
function elapse(state: State, { broken }: ModelOptions, index: number, other: number): void {
  const [party, silent] = [state.parties[index]!, state.parties[other]!];
  party.stale[other] = party.seen[other]!;
  if (silent.status === "crashed") return;
  state.silences--;
  // By then, a lease that began with that heartbeat is over, and its holder knows.
  if (broken !== "hasty observer" && silent.lease <= party.seen[other]!) silent.valid = false;
}

function beatOf({ document }: State, index: number): number {
  return document.s[`${index}`]?.[0] ?? 0;
}

function structuredCloneState(state: State): State {
  return {
    ...state,
    parties: state.parties.map((party) => ({
      ...party,
      seen: [...party.seen],
      stale: [...party.stale],
    })),
    ghosts: [...state.ghosts],
    newest: { ...state.newest },
  };
}
