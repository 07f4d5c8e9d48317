import process from "node:process";
import { connect } from "../../src/transport/node.ts";
import { spawnScript } from "../../tests/_support/spawn_script.ts";

/** What a consumer process is asked to do. */
export interface Task {
  /** Which way of consuming. */
  way: string;
  /** How many messages to consume from the start of the stream. */
  messages: number;
  /** How long the handler takes, in milliseconds; 0 for an awaited no-op. */
  handlerMs: number;
  /** How many handlers run at once, where the way knows. */
  concurrency: number;
}

/** What a turn has shown. */
export interface Turn {
  perSecond: number;
  /** Writes to sockets for each acknowledgement. */
  writesPerAck: number;
  /** Most messages that were held at once, as the server saw. */
  mostHeld: number;
  /** Heap that is in use afterwards, in MiB. */
  heapMiB: number;
  /** Processor time, in microseconds per message. */
  cpuMicros: number;
}

/** Takes part in the benchmark: does what the bench asks, until the process is killed. */
export async function participate(
  server: string,
  id: string,
  perform: (task: Task) => Promise<Turn>,
): Promise<void> {
  const control = await connect({ servers: server });
  control.subscribe(`control.${id}`, {
    callback(_error, message) {
      perform(message.json<Task>()).then(
        (turn) => message.respond(JSON.stringify({ turn })),
        (error) => message.respond(JSON.stringify({ error: String(error?.stack ?? error) })),
      );
    },
  });
  await control.flush();
  console.log("ready");
}

/** A consumer process, as the bench sees it. */
export interface Participant extends AsyncDisposable {
  perform(task: Task): Promise<Turn>;
}

/** Starts a consumer process. */
export async function startParticipant(server: string, id: string): Promise<Participant> {
  const url = new URL("./consumer_process.ts", import.meta.url);
  const child = spawnScript(url, { args: [server, id] });
  const control = await connect({ servers: server });
  await child.line("ready");
  return {
    async perform(task) {
      const reply = await control.request(`control.${id}`, JSON.stringify(task), {
        timeout: 600_000,
      });
      const answer = reply.json<{ turn: Turn } | { error: string }>();
      if ("error" in answer) throw new Error(`${task.way}: ${answer.error}\n${child.stderr()}`);
      return answer.turn;
    },
    async [Symbol.asyncDispose]() {
      await control.close();
      await child[Symbol.asyncDispose]();
    },
  };
}

/** Processor time of this process, in microseconds. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
