import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { connect } from "../../src/transport/node.ts";
import { spawnScript } from "../../tests/_support/spawn_script.ts";
import { cpuMicros, type Load, type LoadOptions, runLoad } from "./load.ts";

/** One way to make a call. */
export type Call = () => Promise<unknown>;

/** A task that a process can be asked to do; question and answer are JSON. */
export type Task = (question: never) => unknown;

/** What a process is asked. */
interface Question {
  task: string;
  question: unknown;
}
type Answer = { answer: unknown } | { error: string };

/** What a process takes part with. */
export interface Part {
  /** Calls that it can be asked to repeat; each is tried once. */
  readonly calls?: Readonly<Record<string, Call>>;
  /** Throws if that one call has not answered as it must. */
  readonly check?: (answer: unknown, call: string) => void;
  /** Whatever else it can be asked. */
  readonly tasks?: Readonly<Record<string, Task>>;
}

/**
 * Takes part in a benchmark: answers what the bench asks, until the bench ends.
 *
 * @param server Address of the nats-server; questions come on a connection of their own.
 * @param id Names this process among those of the bench.
 * @throws If a call fails, or has not answered as it must.
 */
export async function participate(
  server: string,
  id: string,
  { calls = {}, check = () => {}, tasks = {} }: Part = {},
): Promise<void> {
  for (const [name, call] of Object.entries(calls)) check(await call(), name);
  const control = await connectControl(server);
  const known: Record<string, Task> = {
    ...tasks,
    cpuMicros,
    load: ({ call, ...options }: { call: string } & LoadOptions) => {
      if (calls[call] === undefined) throw new TypeError(`Cannot call ${call}: unknown`);
      return runLoad(calls[call], options);
    },
  };
  control.subscribe(controlSubject(id), {
    callback(_error, message) {
      void answerTo(message.json<Question>(), known)
        .catch((error: unknown): Answer => ({ error: describe(error) }))
        .then((answer) => message.respond(JSON.stringify(answer)));
    },
  });
  await control.flush();
  console.log("ready");
}

/** A connection whose end ends this process: the server ends with the bench, whatever ended that. */
export async function connectControl(server: string): Promise<NatsConnection> {
  const control = await connect({ servers: server, reconnect: false });
  void control.closed().then(() => process.exit(1));
  return control;
}

async function answerTo(
  { task, question }: Question,
  tasks: Readonly<Record<string, Task>>,
): Promise<Answer> {
  const perform = tasks[task];
  if (perform === undefined) throw new TypeError(`Cannot do ${task}: unknown`);
  return { answer: await perform(question as never) ?? null };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

function controlSubject(id: string): string {
  return `control.${id}`;
}

/** A process that takes part, as the bench sees it. */
export interface Participant extends AsyncDisposable {
  /** Has it repeat a call. */
  load(call: string, options: LoadOptions): Promise<Load>;
  /** Processor time that it has used, in microseconds. */
  cpuMicros(): Promise<number>;
  /** Has it do one of its own tasks. */
  ask<Answer>(task: string, question: unknown, timeoutMs?: number): Promise<Answer>;
}

/** A process that needs longer to get ready hangs. */
const READY_MS = 60_000;

let started = 0;

/**
 * Starts a process that takes part in a benchmark.
 *
 * @param script Its source; it is given the server, its id and the arguments.
 * @throws {Error} If it ends before it is ready.
 */
export async function startParticipant(
  script: URL,
  server: string,
  ...args: string[]
): Promise<Participant> {
  const name = script.pathname.split("/").at(-1)!.replace(/\W/g, "-");
  const id = `${name}-${++started}`;
  const child = spawnScript(script, { args: [server, id, ...args] });
  const control = await connect({ servers: server });
  const ask: Participant["ask"] = async (task, question, timeoutMs = 120_000) => {
    const options = { timeout: timeoutMs };
    const payload = JSON.stringify({ task, question });
    const fail = (reason: string) => new Error(`${id}, ${task}: ${reason}\n${child.stderr()}`);
    const reply = await control.request(controlSubject(id), payload, options)
      .catch((error: Error) => Promise.reject(fail(error.message)));
    const answer = reply.json<Answer>();
    if ("error" in answer) throw fail(answer.error);
    return answer.answer as never;
  };
  const stop = async () => {
    await control.close();
    await child[Symbol.asyncDispose]();
  };
  try {
    await withinMs(READY_MS, child.line("ready"), () => `${id} to be ready\n${child.stderr()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    load: (call, options) => ask("load", { call, ...options }, options.turnMs + 30_000),
    cpuMicros: () => ask("cpuMicros", null, 10_000),
    ask,
    [Symbol.asyncDispose]: stop,
  };
}

/** Waits for something, but not for ever. */
async function withinMs<T>(ms: number, promise: Promise<T>, wanted: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${wanted()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The processes of a bench; they end with it. */
export class Participants implements AsyncDisposable {
  readonly #server: string;
  readonly #started: Participant[] = [];

  constructor(server: string) {
    this.#server = server;
  }

  /** Starts one more, see {@linkcode startParticipant}. */
  async start(script: URL, ...args: string[]): Promise<Participant> {
    const participant = await startParticipant(script, this.#server, ...args);
    this.#started.push(participant);
    return participant;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const participant of this.#started.reverse()) await participant[Symbol.asyncDispose]();
  }
}
