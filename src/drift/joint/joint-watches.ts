// Joint changes of every version and role under watch: a watch beside each group of request columns, which goes when the group goes.
// Kept in memory only: after a restart the first rows are learned again, and the status is warming until then.

import type { Role } from '../../model.ts';
import type { Table } from '../../protocols/protocol.ts';
import type { StreamGroup } from '../counts/stream-group.ts';
import type { DriftChange } from '../verdict/drift-change.ts';
import { createJointWatch, type JointStatus, type JointWatch } from './joint-watch.ts';

export interface JointView {
  readonly version: string;
  readonly role: Role;
  readonly status: JointStatus;
  /** Rows looked at since the start. */
  readonly rows: number;
  readonly columns: readonly string[];
  /** Share of the rows in which both columns lie on the same side, and when it began (ISO); null where nothing has changed. */
  readonly before: number | null;
  readonly now: number | null;
  readonly since: string | null;
  readonly text: string | null;
}

export interface JointWatches {
  observe(group: StreamGroup, table: Table, tick: number): void;
  /** @param last the tick that has ended @returns what changed, but for the model */
  judge(group: StreamGroup, last: number, tickMs: number): Omit<DriftChange, 'model'> | null;
  views(groups: Iterable<StreamGroup>, tickMs: number): readonly JointView[];
}

interface Watched {
  readonly watch: JointWatch;
  told: JointStatus;
}

/** What changes are told under: one for all columns of a side, since which two are surest may change. */
const FEATURE = 'joint';

export function createJointWatches(): JointWatches {
  const watched = new WeakMap<StreamGroup, Watched>();

  return {
    observe(group, table, tick) {
      let known = watched.get(group);
      if (known === undefined) {
        known = { watch: createJointWatch(), told: 'warming' };
        watched.set(group, known);
      }
      known.watch.observe(table, tick);
    },
    judge(group, last, tickMs) {
      const known = watched.get(group);
      if (known === undefined) return null;
      known.watch.judge();
      const { status } = known.watch;
      if (status === known.told) return null;
      const change = changeOf(group, known, { at: (last + 1) * tickMs, tickMs });
      known.told = status;
      return change;
    },
    views: (groups, tickMs) =>
      [...groups].flatMap((group) => {
        const known = watched.get(group);
        return known === undefined ? [] : [viewOf(group, known.watch, tickMs)];
      }),
  };
}

function changeOf(
  { version, role, side }: StreamGroup,
  { watch: { status, finding }, told }: Watched,
  { at, tickMs }: { readonly at: number; readonly tickMs: number },
): Omit<DriftChange, 'model'> {
  const since = finding === null ? at : finding.since * tickMs;
  const evidence = finding?.evidence ?? 0;
  const hint = finding?.text ?? null;
  return {
    version,
    role,
    side,
    feature: FEATURE,
    from: told,
    to: status,
    unsure: null,
    isAnew: told === 'warming',
    at,
    since,
    evidence,
    psi: null,
    hint,
    cause: null,
    where: null,
  };
}

function viewOf({ version, role }: StreamGroup, { status, rows, finding }: JointWatch, tickMs: number): JointView {
  const found = finding === null ? null : new Date(finding.since * tickMs).toISOString();
  return {
    version,
    role,
    status,
    rows,
    columns: finding?.columns ?? [],
    before: finding?.before ?? null,
    now: finding?.now ?? null,
    since: found,
    text: finding?.text ?? null,
  };
}
