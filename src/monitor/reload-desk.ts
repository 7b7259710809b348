// Reloads that somebody asked for over the admin API: the supervisor carries them out, its answer is matched to who waits.

import type { ReloadOutcome } from '../admin/view.ts';

export interface ReloadDesk {
  ask(): Promise<ReloadOutcome>;
  answer(request: number, outcome: ReloadOutcome): void;
}

const WAITING_MAX = 32;

export function createReloadDesk(send: (request: number) => void): ReloadDesk {
  const waiting = new Map<number, (outcome: ReloadOutcome) => void>();
  let requests = 0;
  return {
    ask() {
      if (waiting.size >= WAITING_MAX) {
        const problem = `${WAITING_MAX} reloads wait already; look at config for the outcome of the last one`;
        return Promise.resolve({ ok: false, problems: [problem] });
      }
      requests += 1;
      const request = requests;
      return new Promise((resolve) => {
        waiting.set(request, resolve);
        send(request);
      });
    },
    answer(request, outcome) {
      waiting.get(request)?.(outcome);
      waiting.delete(request);
    },
  };
}
