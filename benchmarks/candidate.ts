// The contract of a candidate: something that stands between the load and the upstreams, and says which work it does there.
// One small file each in candidates/; the list is candidates/index.ts.

import type { Placement } from './placement.ts';
import type { Targets } from './upstreams.ts';
import type { Dialect } from './workload.ts';

/** What a candidate does besides passing requests on. The validation holds it to every word. */
export interface Work {
  /** 90/10 between champion and challenger, stuck to the header `account-id`. */
  readonly split: boolean;
  /** Every request is also sent to the shadow. */
  readonly mirror: boolean;
  /** Every exchange is recorded with both bodies. */
  readonly capture: boolean;
  /** Every captured exchange is decoded and its columns compared with a baseline. */
  readonly drift: boolean;
}

export const PLAIN: Work = { split: false, mirror: false, capture: false, drift: false };

export interface Running {
  readonly port: number;
  /** Root of the process tree whose CPU counts; null where there is none. */
  readonly pid: number | null;
  /** Exchanges recorded so far, where the candidate captures. */
  captured?(): Promise<number>;
  /** Columns whose drift is watched, where the candidate does that. */
  driftColumns?(): Promise<number>;
  /** What its process said last, where it ended by itself; else null. */
  died?(): string | null;
  stop(): Promise<void>;
}

export interface Candidate {
  readonly id: string;
  /** One line for the table: what it is and does. */
  readonly title: string;
  readonly work: Work;
  /** Why it cannot run on this machine, or null. */
  missing(): string | null;
  /** How it is to be spoken to, where not as the upstream itself. */
  readonly dialect?: (targets: Targets) => Dialect;
  /** @param placement where its processes run */
  start(targets: Targets, placement: Placement): Promise<Running>;
}
