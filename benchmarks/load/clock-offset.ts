// performance.now() starts at zero in every thread; process.hrtime is one clock for all of them. This is what lies between.

const TRIES = 8;

/** What to add to hrtime milliseconds to get this thread's performance.now(), within a few microseconds. */
export function hrtimeOffsetMs(): number {
  let offset = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < TRIES; i++) {
    const now = performance.now();
    // A pause between the two readings only ever makes the difference smaller.
    offset = Math.max(offset, now - Number(process.hrtime.bigint()) / 1e6);
  }
  return offset;
}
