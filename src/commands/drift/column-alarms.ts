// What the open alarms of a gate say of its columns: since when one drifts, and how sure that is. An older gate has none to say.

import type { FeatureDriftView } from '../../admin/view.ts';
import type { AlarmView } from '../../alarms/alarms.ts';
import { strengthOf } from '../../alarms/sentence.ts';

export interface ColumnAlarm {
  readonly id: string;
  readonly state: string;
  readonly sinceMs: number;
  /** Natural logarithm. */
  readonly evidence: number;
  /** The same as `exp(21.5)`, '–' where there is none. */
  readonly strength: string;
  readonly sentence: string;
}

type Column = Pick<FeatureDriftView, 'version' | 'role' | 'side' | 'feature'>;

const keyOf = ({ version, role, side, feature }: Column & { readonly role: string }): string =>
  JSON.stringify([version, role, side, feature]);

export function columnAlarms(alarms: readonly AlarmView[]): (column: Column) => ColumnAlarm | null {
  const open = alarms.filter(({ kind, state }) => kind === 'drift' && state !== 'resolved');
  const byColumn = new Map(
    open.map((alarm) => {
      const { id, state, since, evidence, sentence } = alarm;
      const column = {
        id,
        state,
        sinceMs: Date.parse(since),
        evidence,
        strength: strengthOf(evidence) || '–',
        sentence,
      };
      return [keyOf(alarm as Column), column] as const;
    }),
  );
  return (column) => byColumn.get(keyOf(column)) ?? null;
}
