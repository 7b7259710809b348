// The calendar in which quality is told: periods in UTC, weeks from Monday, of the least length that leaves no more of them than a
// person reads and a report holds.

export const PERIOD_UNITS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type PeriodUnit = (typeof PERIOD_UNITS)[number];

/** Of one report. */
export const PERIODS_MAX = 150;

const LENGTH_MS: Readonly<Record<PeriodUnit, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 28 * 86_400_000,
};

/** @param spanMs between the first and the last decision */
export function periodUnitOf(spanMs: number): PeriodUnit {
  return PERIOD_UNITS.find((unit) => spanMs / LENGTH_MS[unit] < PERIODS_MAX - 1) ?? 'month';
}

/** How many periods lie between the beginnings of two. */
export function periodsBetween(unit: PeriodUnit, from: number, to: number): number {
  if (unit !== 'month') return Math.round((to - from) / LENGTH_MS[unit]);
  const [a, b] = [new Date(from), new Date(to)];
  return (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
}

/** When a period that began then is over. */
export function periodEnd(unit: PeriodUnit, from: number): number {
  if (unit !== 'month') return from + LENGTH_MS[unit];
  const start = new Date(from);
  return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1);
}
