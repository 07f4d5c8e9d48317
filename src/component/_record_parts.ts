/**
 * What records and locks need; loaded with the first of them, so that who answers RPC alone does not
 * carry it.
 *
 * @module
 */
export {
  createElection,
  createMutex,
  createRwLock,
  createSemaphore,
  entity,
  openBucket,
  planBucket,
  value,
} from "../kv/mod.ts";
