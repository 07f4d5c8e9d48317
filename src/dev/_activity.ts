/** What the server says of one consumer. */
export interface ConsumerState {
  /** Its stream. */
  readonly stream: string;
  /** Its name. */
  readonly name: string;
  /** Messages that it has not yet delivered. */
  readonly pending: number;
  /** Messages that are delivered and not yet settled. */
  readonly inFlight: number;
  /** Counts deliveries. */
  readonly delivered: number;
}

/** What the server says of all streams of an application, and what runs in this process. */
export interface Activity {
  /** Counts messages, for each stream. */
  readonly streams: Readonly<Record<string, number>>;
  /** All consumers. */
  readonly consumers: readonly ConsumerState[];
  /** Calls that run here. */
  readonly calls: number;
  /** Counts the calls that were made here. */
  readonly callsMade: number;
}

/** Says what still goes on, or nothing. */
export function describeActivity({ consumers, calls }: Activity): string[] {
  const busy = consumers.filter(({ pending, inFlight }) => pending + inFlight > 0);
  return [
    ...busy.map(({ stream, name, pending, inFlight }) =>
      `consumer ${name} of stream ${stream} has ${pending} messages to deliver and ${inFlight} in flight`
    ),
    ...(calls > 0 ? [calls === 1 ? "1 RPC call runs" : `${calls} RPC calls run`] : []),
  ];
}

/**
 * Whether everything was idle at one moment. Two looks prove it though neither is of one moment: if
 * nothing was going on in the first, and nothing was counted between them, nothing went on at the
 * end of the first.
 */
export function isSettled(first: Activity, second: Activity): boolean {
  return describeActivity(first).length === 0 && describeActivity(second).length === 0 &&
    JSON.stringify(countersOf(first)) === JSON.stringify(countersOf(second));
}

function countersOf({ streams, consumers, callsMade }: Activity): unknown {
  return [
    Object.entries(streams).sort(([a], [b]) => a < b ? -1 : 1),
    consumers.map(({ stream, name, delivered }) => `${stream} ${name} ${delivered}`).sort(),
    callsMade,
  ];
}
