// The report of a replay as a person reads it.

import type { TallyReport } from './tally.ts';

export interface Told extends TallyReport {
  readonly model: string;
  readonly to: string;
  /** Calls on record that were asked for. */
  readonly found: number;
  /** Why it ended before all were sent; null where it did not. */
  readonly ended: 'interrupted' | 'no_answer' | null;
  readonly tolerance: number;
  readonly rate: number;
  readonly waited: number;
}

const ENDED = {
  interrupted: 'it was interrupted',
  no_answer: 'the first calls had no answer, and no others were sent',
} as const;
const waitedText = (waited: number): string => `; ${waited} had to wait for others: the target did not keep up`;

export function replayText(told: Told): string {
  const { recorded, replayed } = told.latencyMs;
  const counts = (all: Readonly<Record<string, number>>): string =>
    Object.entries(all)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const lines: (readonly [string, string])[] = [
    ['model', `${told.model} -> ${told.to}`],
    [
      'sent',
      `${told.sent} of ${told.found} on record, at ${told.rate}/s at most${told.waited === 0 ? '' : waitedText(told.waited)}`,
    ],
    ...(told.ended === null ? [] : [['ended early', ENDED[told.ended]] as const]),
    ['left out', counts(told.skipped)],
    ['no answer', counts(told.errors)],
    ['same status', share(told.statusEqual, told.answered)],
    ['agreement', `${share(told.agreed, told.compared)} within a tolerance of ${told.tolerance}`],
    ['flips', share(told.flipped, told.compared)],
    ['difference', `mean ${number(told.numbers.meanAbsolute)}, largest ${number(told.numbers.maxAbsolute)}`],
    ['latency p50', `${number(replayed.p50)} ms (on record ${number(recorded.p50)} ms)`],
    ['latency p99', `${number(replayed.p99)} ms (on record ${number(recorded.p99)} ms)`],
  ];
  const text = lines.map(([name, value]) => `${name.padEnd(13)}${value}\n`).join('');
  return told.examples.length === 0 ? text : `${text}differ       ${told.examples.join('\n             ')}\n`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'none to compare' : `${part} of ${whole} (${((100 * part) / whole).toFixed(2)}%)`;
}

function number(value: number | null): string {
  return value === null ? '-' : Number(value.toPrecision(4)).toString();
}
