import process from "node:process";
import { connect } from "../../src/transport/node.ts";
import { spawnScript } from "../../tests/_support/spawn_script.ts";
import { checkEcho } from "./_contract.ts";
import { type Load, type LoadOptions, runLoad } from "./_load.ts";

/** One way to make a call. */
export type Call = () => Promise<unknown>;

/** What a process is asked: to make calls, or how much processor time it has used. */
type Question = { call: string; options: LoadOptions } | "cpu";
type Answer = { load: Load } | { cpuMicros: number } | { error: string };

/**
 * Takes part in a benchmark: answers what the bench asks, until the process is killed.
 *
 * @param server Address of the nats-server; questions come on a connection of their own.
 * @param id Names this process among those of the bench.
 * @param calls What it can be asked to repeat; each is tried once.
 * @param check Throws if that one call has not answered as it must.
 * @throws If a call fails, or its answer is not what was sent.
 */
export async function participate(
  server: string,
  id: string,
  calls: Readonly<Record<string, Call>> = {},
  check: (answer: unknown) => void = checkEcho,
): Promise<void> {
  for (const call of Object.values(calls)) check(await call());
  const control = await connect({ servers: server });
  control.subscribe(controlSubject(id), {
    callback(_error, message) {
      const answer = answerTo(message.json<Question>(), calls);
      void answer.catch((error: unknown): Answer => ({ error: String(error) }))
        .then((answer) => message.respond(JSON.stringify(answer)));
    },
  });
  await control.flush();
  console.log("ready");
}

async function answerTo(
  question: Question,
  calls: Readonly<Record<string, Call>>,
): Promise<Answer> {
  if (question === "cpu") {
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system };
  }
  const call = calls[question.call];
  if (call === undefined) throw new TypeError(`Cannot make calls of ${question.call}: unknown`);
  return { load: await runLoad(call, question.options) };
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
}

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
  const id = [script.pathname.split("/").at(-1)!.replace(/\W/g, "-"), ...args.slice(0, 2)].join(
    "-",
  );
  const child = spawnScript(script, { args: [server, id, ...args] });
  const control = await connect({ servers: server });
  const ask = async (question: Question, timeout: number): Promise<Answer> => {
    const reply = await control.request(controlSubject(id), JSON.stringify(question), { timeout });
    const answer = reply.json<Answer>();
    if ("error" in answer) throw new Error(`${id}: ${answer.error}\n${child.stderr()}`);
    return answer;
  };
  await child.line("ready");
  return {
    async load(call, options) {
      const answer = await ask({ call, options }, options.turnMs + 30_000);
      return (answer as { load: Load }).load;
    },
    async cpuMicros() {
      return (await ask("cpu", 10_000) as { cpuMicros: number }).cpuMicros;
    },
    async [Symbol.asyncDispose]() {
      await control.close();
      await child[Symbol.asyncDispose]();
    },
  };
}
