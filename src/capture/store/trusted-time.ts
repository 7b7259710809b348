// Whether records may be let go by their age. What goes is gone for good, and the wall clock may be far ahead for a while: so a step of
// the clock beyond what any run of this store has seen keeps everything for a day, in which somebody can set it right. The manifest is
// the memory of this: a run whose clock has gone on by a day leaves its time there, also where it had nothing else to do.

const DAY_MS = 86_400_000;
/** Between two operations of the manifest: a gate that runs leaves one a day. */
const STEP_MS = 31 * DAY_MS;

/**
 * @param since Unix ms of the last step that is known
 * @param lastAt ISO time of the last operation; null: there is none
 * @param at of the next one
 * @returns Unix ms of the last step, after the next one
 */
export function steadySince(since: number, lastAt: string | null, at: string): number {
  return lastAt !== null && Math.abs(Date.parse(at) - Date.parse(lastAt)) > STEP_MS ? Date.parse(at) : since;
}

/** Whether a run that has nothing to do is to leave its time in the manifest. */
export function isLookDue(lastAt: string, at: string): boolean {
  return Math.abs(Date.parse(at) - Date.parse(lastAt)) >= DAY_MS;
}

/** Whether the clock has gone on steadily for a day. */
export function isTrusted(since: number, now: number): boolean {
  return Math.abs(now - since) >= DAY_MS;
}
