import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, stack } from "../../src/core/mod.ts";
import {
  createElection,
  type Election,
  fenceKey,
  type Leader,
  leaderOnly,
} from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { openLocksBucket } from "./_locks_bucket.ts";

async function candidates(election: Election, count: number): Promise<void> {
  await eventually(async () => assert.equal((await election.inspect()).waiters.length, count));
}

/** What an observer has seen, in short: owner, or `-` for nobody. */
function watchLeaders(election: Election): { seen: Leader[]; story: string[]; stop(): void } {
  const controller = new AbortController();
  const [seen, story]: [Leader[], string[]] = [[], []];
  const follow = async () => {
    for await (const leader of election.observe({ signal: controller.signal })) {
      if (leader !== undefined) seen.push(leader);
      story.push(leader?.owner ?? "-");
    }
  };
  // It fails the test by what it does not see.
  void follow();
  return { seen, story, stop: () => controller.abort() };
}

test("Election: one leads at a time, and everybody sees the same term", async () => {
  await using world = await startWorld();
  await using ada = createElection(await openLocksBucket(world.nc), "reports");
  await using bo = createElection(await openLocksBucket(await world.connect()), "reports");
  const [fromAda, fromBo] = [watchLeaders(ada), watchLeaders(bo)];
  await eventually(() => assert.deepEqual([fromAda.story, fromBo.story], [["-"], ["-"]]));
  const first = await ada.campaign({ owner: "Ada" });
  const campaign = bo.campaign({ owner: "Bo" });
  await candidates(ada, 1);
  assert.equal(ada.leadership, first);
  assert.equal(bo.leadership, undefined);
  await eventually(() => {
    assert.deepEqual([fromAda.seen.at(-1)?.term, fromBo.seen.at(-1)?.term], [
      first.term,
      first.term,
    ]);
    assert.deepEqual([fromAda.seen[0]?.isSelf, fromBo.seen[0]?.isSelf], [true, false]);
  });
  await ada.resign();
  const second = await campaign;
  assert.equal(first.signal.aborted, true);
  assert.ok(second.term > first.term);
  assert.equal(second.fence, second.term);
  await eventually(() => assert.equal(fromAda.seen.at(-1)?.term, second.term));
  assert.equal(fromAda.seen.at(-1)?.owner, "Bo");
  await second.resign();
  await eventually(() => assert.equal(fromBo.story.at(-1), "-"));
  for (const watch of [fromAda, fromBo]) watch.stop();
});

test("Election.campaign() may be given up, and is refused while there is one", async () => {
  await using world = await startWorld();
  await using ours = createElection(await openLocksBucket(world.nc), "a");
  await using theirs = createElection(await openLocksBucket(await world.connect()), "a");
  const leadership = await theirs.campaign();
  const controller = new AbortController();
  const campaign = assert.rejects(ours.campaign({ signal: controller.signal }), {
    code: "canceled",
    message: 'Cannot campaign for "a": canceled',
  });
  await candidates(ours, 1);
  await assert.rejects(ours.campaign(), {
    code: "failed_precondition",
    message: 'Cannot campaign for "a" as this process must not do so already: it campaigns',
  });
  controller.abort();
  await campaign;
  await candidates(ours, 0);
  await assert.rejects(theirs.campaign(), { message: /: it leads$/ });
  await leadership.resign();
  assert.equal(theirs.leadership, undefined);
  await (await theirs.campaign()).resign();
});

test("Election: a leader that crashes is followed by the next, and counts as none before", async () => {
  await using world = await startWorld();
  await using ours = createElection(await openLocksBucket(world.nc), "a", { ttlMs: 5_000 });
  const crashing = await world.connect();
  const lost = await createElection(await openLocksBucket(crashing), "a", { ttlMs: 5_000 })
    .campaign({ owner: "crashing" });
  const watch = watchLeaders(ours);
  await eventually(() => assert.deepEqual(watch.story, ["crashing"]));
  await crashing.close();
  await eventually(() => assert.deepEqual(watch.story, ["crashing", "-"]));
  const next = await ours.campaign({ owner: "ours" });
  assert.ok(next.term > lost.term);
  assert.throws(() => lost.assertHeld(), { name: "LockLostError" });
  await eventually(() => assert.equal(watch.story.at(-1), "ours"));
  watch.stop();
  await next.resign();
});

test("leaderOnly() lets a processor run only where its process leads", async () => {
  await using world = await startWorld();
  await using election = createElection(await openLocksBucket(world.nc), "a");
  const run = stack(
    (input: string, ctx) => ({ input, term: ctx.get(fenceKey), signal: ctx.signal }),
    leaderOnly(election),
  );
  await assert.rejects(async () => await run("x", createContext()), {
    code: "unavailable",
    retryable: true,
    message: 'This process must be the leader of "a", and is not',
  });
  const leadership = await election.campaign();
  const result = await run("x", createContext());
  assert.deepEqual([result.input, result.term], ["x", leadership.term]);
  await election.resign();
  await assert.rejects(async () => await run("x", createContext()), { code: "unavailable" });
});

test("leaderOnly() aborts the processor's signal when the process resigns", async () => {
  await using world = await startWorld();
  await using election = createElection(await openLocksBucket(world.nc), "a");
  await election.campaign();
  const wait = async (_: null, ctx: { signal: AbortSignal }) => {
    const aborted = new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    await election.resign();
    await aborted;
    return (ctx.signal.reason as { code: string }).code;
  };
  assert.equal(await stack(wait, leaderOnly(election))(null, createContext()), "canceled");
});

test("Election: who closes it while its parts are loaded does not lead", async () => {
  await using world = await startWorld();
  const election = createElection(await openLocksBucket(world.nc), "reports");
  const campaign = election.campaign();
  const closing = election[Symbol.asyncDispose]();
  await assert.rejects(campaign, { code: "canceled" });
  await closing;
  assert.equal(election.leadership, undefined);
  assert.equal((await election.inspect()).revision, 0);
});
