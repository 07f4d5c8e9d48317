import type { Contestant } from "./contest.ts";
import type { LoadOptions } from "./load.ts";
import type { Sample } from "./model.ts";
import type { Participant } from "./participant.ts";
import { processMicros } from "./server_cpu.ts";

/** Who calls what, and who answers. */
export interface Side {
  readonly caller: Pick<Participant, "load">;
  /** What the caller repeats. */
  readonly call: string;
  /** Who answers, if that is a process of its own. */
  readonly service?: Pick<Participant, "cpuMicros">;
  /** Process id of the nats-server. */
  readonly serverPid?: number | undefined;
  /** Operations of one call. @default {1} */
  readonly operations?: number;
}

/** Somebody who has calls repeated. */
export function callingContestant(
  name: string,
  side: Side,
  load: LoadOptions,
  isOurs: boolean = false,
): Contestant {
  return { name, isOurs, turn: () => takeCallTurn(side, load) };
}

/** Has calls repeated for a turn; tells what they cost each process. */
export async function takeCallTurn(
  { caller, call, service, serverPid, operations = 1 }: Side,
  load: LoadOptions,
): Promise<Sample> {
  const used = async () =>
    await Promise.all([service?.cpuMicros() ?? Number.NaN, processMicros(serverPid)]);
  const [serviceBefore, serverBefore] = await used();
  const { calls, perSecond, cpuMicros, p50Ms, p99Ms, memoryMiB } = await caller.load(call, load);
  const [serviceAfter, serverAfter] = await used();
  const count = calls * operations;
  return {
    perSecond: perSecond * operations,
    p50Ms,
    p99Ms,
    clientMicros: cpuMicros / operations,
    serviceMicros: (serviceAfter - serviceBefore) / count,
    serverMicros: (serverAfter - serverBefore) / count,
    memoryMiB,
  };
}
