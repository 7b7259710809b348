// No proxy at all: what the load, the upstream and the machine cost by themselves. Added latency is measured against it.

import { type Candidate, PLAIN } from '../candidate.ts';

export const direct: Candidate = {
  id: 'direct',
  title: 'no proxy',
  work: PLAIN,
  missing: () => null,
  start: async (targets) => ({ port: targets.champion, pid: null, stop: async () => {} }),
};
