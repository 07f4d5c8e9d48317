import { type Border, borderOf, type Connection } from "../connection/mod.ts";
import { getLogger, inNamespace } from "../core/mod.ts";
import { HookConsumerImpl, type HookConsumerParts } from "./_hook_consumer.ts";
import { manager } from "./_jetstream.ts";
import { letterOf } from "./_letter_headers.ts";
import { purgeSubject } from "./_purge_subject.ts";
import { type HookNames, hookNames } from "./_names.ts";
import { findIdentity, provideConsumer } from "./_provide_consumer.ts";
import { ensureBesides } from "./_provide_hook.ts";
import { tryLog } from "./_tries.ts";
import type { ConsumerOptions, HookConsumer } from "./consumer.ts";
import { deadLetterWriter } from "./dead_letter.ts";
import type { ConsumerIdentity } from "./ensure_consumer.ts";
import type { HookDefinition } from "./hook.ts";

/** Does what `createConsumer()` says. */
export async function startHook<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: ConsumerOptions,
): Promise<HookConsumer> {
  checkOptions(hook.name, options);
  const { provide: isProviding = true, ...settings } = options;
  const { component, namespace } = settings;
  const border = borderOf(connection);
  const identity = isProviding
    ? await provideConsumer(connection, hook, settings)
    : await findIdentity(connection, hook, settings);
  const logger = getLogger(["consumers", component, hook.name]);
  const { created, config } = await (await manager(connection)).streams.info(identity.stream);
  const parts = hook.durable ? durableParts(connection, hook, identity, options) : undefined;
  if (isProviding) await parts?.provide(config.num_replicas);
  const consumer = new HookConsumerImpl({
    ...settings,
    border,
    hook: hook as HookDefinition<never>,
    identity,
    logger,
    subjectStart: inNamespace(namespace, "").length,
    created,
    ...parts,
    whenDeleted: settings.whenDeleted ?? (isProviding ? "recreate" : "report"),
  });
  consumer.start();
  return consumer;
}

type DurableParts =
  & Pick<HookConsumerParts, "redrives" | "writeLetter" | "tries" | "removeLetter">
  & { provide(replicas?: number): Promise<void> };

/** What a durable hook needs beside its consumer. */
function durableParts<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  identity: ConsumerIdentity,
  options: ConsumerOptions,
): DurableParts {
  const border = borderOf(connection);
  const names = hookNames(options);
  return {
    redrives: { stream: names.redrives, durable: identity.durable },
    writeLetter: deadLetterWriter(border, names, hook.name),
    tries: tryLog(border, names, hook.name),
    removeLetter: ({ message }) => removeLetter(border, names, letterOf(message.headers)),
    provide: (replicas) => ensureBesides(connection, hook, options, identity, replicas),
  };
}

const TIMEOUT_MS = 5_000;

/** Once a copy is taken, its letter must not be there any more: so it is tried anew only once. */
async function removeLetter(
  border: Border,
  { letters }: HookNames,
  subject: string | undefined,
): Promise<void> {
  if (subject !== undefined) await purgeSubject(border, letters, subject, TIMEOUT_MS);
}

function checkOptions(
  hook: string,
  { stopTimeoutMs = 0, heartbeatMs = 100 }: ConsumerOptions,
): void {
  const wanted = { stopTimeoutMs: [stopTimeoutMs, 0], heartbeatMs: [heartbeatMs, 100] } as const;
  for (const [option, [value, least]] of Object.entries(wanted)) {
    if (value >= least) continue;
    throw new RangeError(
      `Cannot start hook ${hook} as ${option} must be >= ${least}: current value is ${value}`,
    );
  }
}
