// A bar on the terminal while a query runs; nothing where the error output is no terminal. It comes late, so that a quick query
// shows none.

import type { Writable } from 'node:stream';

export interface Progress {
  /** @param part done, 0 to 1; 0 or less: it is not known, and the time is shown instead */
  show(what: string, part: number): void;
  /** Ask for the part now and then, until `clear`. */
  watch(what: string, part: () => number): void;
  clear(): void;
}

const LATE_MS = 400;
const EVERY_MS = 200;
const WIDTH = 24;

export function createProgress(stderr: Writable & { readonly isTTY?: boolean }): Progress {
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let shown = false;

  function show(what: string, part: number): void {
    if (stderr.isTTY !== true || performance.now() - begun < LATE_MS) return;
    stderr.write(
      `\r\x1b[2K${what} ${part > 0 ? bar(Math.min(1, part)) : `${Math.round((performance.now() - begun) / 1000)} s`}`,
    );
    shown = true;
  }

  return {
    show,
    watch(what, part) {
      clearInterval(timer);
      timer = setInterval(() => show(what, part()), EVERY_MS).unref();
    },
    clear() {
      clearInterval(timer);
      if (shown) stderr.write('\r\x1b[2K');
      shown = false;
    },
  };
}

function bar(done: number): string {
  const full = Math.round(done * WIDTH);
  return `${'#'.repeat(full)}${'.'.repeat(WIDTH - full)} ${Math.round(done * 100)}%`;
}
