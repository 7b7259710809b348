// The spans of time that people ask about - five minutes, an hour, a day, since a version's first row - and the cells that serve
// them: ticks where the ring of ticks is long enough, else cells of half the span, of which the last three cover it and at most half
// of it more. So a day costs three cells and not a thousand, and what is shown says from when to when it is.

const MINUTE_MS = 60_000;

export const WINDOW_NAMES = ['5m', '1h', '1d', 'since-start'] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];

/** A window with an end. */
export type SpanName = Exclude<WindowName, 'since-start'>;

const SPAN_MS: Readonly<Record<SpanName, number>> = {
  '5m': 5 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '1d': 1440 * MINUTE_MS,
};

/** Cells held of each level: the one under way and two whole ones. */
export const LEVEL_CELLS = 3;

export interface Level {
  readonly name: SpanName;
  readonly cellMs: number;
}

/** The spans that need cells of their own beside a ring of `windowTicks` ticks. */
export function levelsOf(tickMs: number, windowTicks: number): readonly Level[] {
  const names = Object.keys(SPAN_MS) as readonly SpanName[];
  return names
    .map((name) => ({ name, cellMs: SPAN_MS[name] / 2 }))
    .filter(({ cellMs }) => cellMs * 2 > windowTicks * tickMs && cellMs >= tickMs);
}

/** What a window covers, in whole ticks. */
export interface Covered {
  /** Unix milliseconds, `to` excluded; `from` null: since the first row. */
  readonly from: number | null;
  readonly to: number;
  /** The level whose cells hold what the ring of ticks has let go; null where the ring has it all, or everything is asked for. */
  readonly level: SpanName | null;
}

/**
 * @param name null: the ticks that were judged last
 * @param last the last whole tick
 */
export function coveredBy(name: WindowName | null, last: number, tickMs: number, windowTicks: number): Covered {
  const to = (last + 1) * tickMs;
  if (name === 'since-start') return { from: null, to, level: null };
  const level = name === null ? undefined : levelsOf(tickMs, windowTicks).find((one) => one.name === name);
  if (level !== undefined) {
    const cell = Math.floor((last * tickMs) / level.cellMs);
    return { from: (cell - LEVEL_CELLS + 1) * level.cellMs, to, level: level.name };
  }
  const ticks = name === null ? windowTicks : Math.min(windowTicks, Math.max(1, Math.ceil(SPAN_MS[name] / tickMs)));
  return { from: to - ticks * tickMs, to, level: null };
}
