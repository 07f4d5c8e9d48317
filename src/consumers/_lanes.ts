/** What lanes run. A job belongs to one `Lanes` at a time, which links it to others. */
export interface Job<J> {
  /** The lane in which it is, if it has a key. */
  lane?: Lane<J> | undefined;
  /** What comes after it in its lane. */
  follower?: J | undefined;
  /** What comes after it among those that are ready. */
  next?: J | undefined;
}

/** Jobs of one key, the first of which is ready, running or parked. */
export interface Lane<J> {
  readonly key: string;
  head: J;
  tail: J;
  size: number;
  parked: boolean;
}

/**
 * Runs jobs, a bounded number at once; jobs of one key in order, one at a time.
 *
 * A lane exists only while it has jobs, so memory is bounded by the jobs that were added.
 */
export class Lanes<J extends Job<J>> {
  readonly #limit: number;
  readonly #run: (job: J) => void;
  readonly #lanes = new Map<string, Lane<J>>();
  readonly #parked = new Set<J>();
  #first: J | undefined;
  #last: J | undefined;
  #running = 0;
  #parkedJobs = 0;
  #isStarting = false;

  /**
   * @param limit How many jobs run at once.
   * @param run Starts a job, which ends with {@linkcode Lanes.done} or {@linkcode Lanes.park}.
   */
  constructor(limit: number, run: (job: J) => void) {
    this.#limit = limit;
    this.#run = run;
  }

  /** How many jobs run. */
  get running(): number {
    return this.#running;
  }

  /** How many jobs are in lanes whose first job is parked. */
  get parkedJobs(): number {
    return this.#parkedJobs;
  }

  /** How many lanes there are. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Whether nothing is ready although more could run. */
  get isIdle(): boolean {
    return this.#first === undefined && this.#running < this.#limit;
  }

  /** Adds a job. It starts when its turn has come, perhaps at once. */
  add(job: J, key: string | undefined): void {
    if (key !== undefined && this.#follow(job, key)) return;
    this.#enqueue(job);
    this.#start();
  }

  /** Ends a running job: the next one of its lane has its turn. */
  done(job: J): void {
    this.#running--;
    this.#advance(job);
    this.#start();
  }

  /** Lets a running job wait, and all that follow it in its lane. Others run meanwhile. */
  park(job: J): void {
    this.#running--;
    this.#parked.add(job);
    if (job.lane !== undefined) {
      job.lane.parked = true;
      this.#parkedJobs += job.lane.size;
    }
    this.#start();
  }

  /** Gives a parked job its turn again; one that was taken meanwhile has none. */
  unpark(job: J): void {
    if (!this.#release(job)) return;
    this.#enqueue(job);
    this.#start();
  }

  /** Takes all jobs that do not run, those of each lane in order. */
  takeWaiting(): J[] {
    const heads = [...this.#parked];
    for (const job of heads) this.#release(job);
    for (let job = this.#first; job !== undefined; job = job.next) heads.push(job);
    for (const job of heads) job.next = undefined;
    this.#first = this.#last = undefined;
    const taken = heads.flatMap((head) => [head, ...this.takeFollowers(head)]);
    for (const head of heads) this.#advance(head);
    // The lanes that are left have a head that runs.
    for (const { head } of this.#lanes.values()) taken.push(...this.takeFollowers(head));
    return taken;
  }

  /** Takes the jobs that follow a job in its lane, in order. */
  takeFollowers(job: J): J[] {
    const taken: J[] = [];
    const { lane } = job;
    if (lane === undefined) return taken;
    for (let next = job.follower; next !== undefined; next = next.follower) taken.push(next);
    for (const each of taken) each.lane = each.follower = undefined;
    job.follower = undefined;
    lane.tail = job;
    lane.size -= taken.length;
    if (lane.parked) this.#parkedJobs -= taken.length;
    return taken;
  }

  /** Puts a job behind the others of its key; without any it begins a lane, and is ready. */
  #follow(job: J, key: string): boolean {
    const lane = this.#lanes.get(key);
    if (lane === undefined) {
      job.lane = { key, head: job, tail: job, size: 1, parked: false };
      this.#lanes.set(key, job.lane);
      return false;
    }
    job.lane = lane;
    lane.tail.follower = job;
    lane.tail = job;
    lane.size++;
    if (lane.parked) this.#parkedJobs++;
    return true;
  }

  #advance(job: J): void {
    const { lane, follower } = job;
    if (lane === undefined) return;
    job.lane = job.follower = undefined;
    lane.size--;
    if (follower === undefined) {
      this.#lanes.delete(lane.key);
    } else {
      lane.head = follower;
      this.#enqueue(follower);
    }
  }

  #release(job: J): boolean {
    if (!this.#parked.delete(job)) return false;
    if (job.lane !== undefined) {
      job.lane.parked = false;
      this.#parkedJobs -= job.lane.size;
    }
    return true;
  }

  #enqueue(job: J): void {
    if (this.#last === undefined) this.#first = job;
    else this.#last.next = job;
    this.#last = job;
  }

  /** Starts what may start. A job that ends at once comes back here: the loop goes on with it. */
  #start(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#first !== undefined && this.#running < this.#limit) {
      const job = this.#first;
      this.#first = job.next;
      if (this.#first === undefined) this.#last = undefined;
      job.next = undefined;
      this.#running++;
      this.#run(job);
    }
    this.#isStarting = false;
  }
}
