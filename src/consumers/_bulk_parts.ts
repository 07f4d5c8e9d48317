/**
 * What publishes other than one event at once; loaded with the first call that does.
 *
 * What tries again is not here: it is needed when the network is gone, from which this may come.
 *
 * @module
 */
export { ingestEvents } from "./_ingest.ts";
export { publishMessages } from "./_publish_batch.ts";
export { publishAll, publishEach } from "./_publish_many.ts";
export { cancel, scheduleMessage } from "./_schedule.ts";
