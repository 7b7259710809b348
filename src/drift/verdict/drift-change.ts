// One column's status has changed, or why it is unknown: what those are told who act on it (alarms, a console). Plain data; nothing is worked out from it.

import type { Role } from '../../model.ts';
import type { Side } from '../baseline/baseline.ts';
import type { CauseView, Where } from '../cause/cause.ts';
import type { DriftStatus, Unsure } from './verdict.ts';

export interface DriftChange {
  readonly model: string;
  readonly version: string;
  readonly role: Role;
  readonly side: Side;
  readonly feature: string;
  readonly from: DriftStatus;
  readonly to: DriftStatus;
  /** Why `to` is unknown or still warming; null where it is neither. */
  readonly unsure: Unsure | null;
  /** Whether it is the first verdict by rows that were learned since the start: it says nothing of what was found before. */
  readonly isAnew: boolean;
  /** End of the tick that brought it, unix ms. */
  readonly at: number;
  /** Best guess of when what was found began, unix ms: the end of the last tick before it. */
  readonly since: number;
  /** Natural logarithm of the evidence for drift; 0 where there is none. */
  readonly evidence: number;
  /** Of the window last judged; null where it has too few rows. */
  readonly psi: number | null;
  /** Likely cause in plain words. */
  readonly hint: string | null;
  readonly cause: CauseView | null;
  /** Where the change lives; null: everywhere, or nobody knows. */
  readonly where: Where | null;
}
