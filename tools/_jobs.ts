/** Test files that run at once; each starts servers of its own, and mostly waits for them. */
export const JOBS = 3;
