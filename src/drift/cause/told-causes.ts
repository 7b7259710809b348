// What was told of the cause of a column that drifts, and whether it is worth telling again. The tick that raises an alarm may hold few
// changed rows: until the whole window is of later ticks, the cause may become clear, or be found in one caller alone. After that it is
// looked at anew only where the column's own cause is of another kind.

import type { Stream } from '../counts/stream-group.ts';
import type { DriftChange } from '../verdict/drift-change.ts';

type Said = Pick<DriftChange, 'cause' | 'where'>;

export interface ToldCauses {
  /** The column begins to drift, and this is said of it. */
  raised(stream: Stream, said: Said, tick: number): void;
  /** Cheap: whether to work the cause out again. */
  mayDiffer(stream: Stream, tick: number): boolean;
  /** Whether this is another cause, or a place where there was none; from now on it is what was told. */
  differs(stream: Stream, said: Said, tick: number): boolean;
}

interface Told extends Said {
  readonly raisedAt: number;
  /** Of the column by itself, when it was last looked at. */
  readonly own: string | undefined;
}

export function createToldCauses(windowTicks: number): ToldCauses {
  // A column that is forgotten takes what was told of it along.
  const known = new WeakMap<Stream, Told>();
  return {
    raised(stream, { cause, where }, tick) {
      known.set(stream, { cause, where, raisedAt: tick, own: stream.cause?.kind });
    },
    mayDiffer(stream, tick) {
      const told = known.get(stream);
      if (told === undefined || tick - told.raisedAt < windowTicks) return true;
      return stream.cause !== null && stream.cause.kind !== told.own;
    },
    differs(stream, { cause, where }, tick) {
      const told = known.get(stream);
      const raisedAt = told?.raisedAt ?? tick;
      const isNew = isClearer(told ?? null, { cause, where });
      const kept = isNew || told === undefined ? { cause, where } : { cause: told.cause, where: told.where };
      known.set(stream, { ...kept, raisedAt, own: stream.cause?.kind });
      return isNew;
    },
  };
}

/** No cause is no news, and a place that is not found this time is not gone. */
function isClearer(told: Said | null, now: Said): boolean {
  if (now.cause === null && now.where === null) return false;
  if (told === null || (now.cause !== null && now.cause.kind !== told.cause?.kind)) return true;
  if (now.where === null) return false;
  return now.where.key !== told.where?.key || now.where.value !== told.where.value;
}
