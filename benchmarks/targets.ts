// The numbers to beat, each judged by a figure of this benchmark: met or missed by its median, and whether every round agrees.
// What nothing here measures is not in the list.

import type { Spread } from './section.ts';
import { spreadText } from './words.ts';

export interface Target {
  readonly what: string;
  /** In words, with its unit. */
  readonly aim: string;
  readonly figure: string;
  /** The figure must be at most, or at least, this. */
  readonly limit: number;
  readonly atLeast?: boolean;
  readonly unit: string;
  readonly digits: number;
}

export type Verdict = 'met' | 'met, not in every round' | 'missed' | 'missed, not in every round' | 'not measured';

export interface Judged {
  readonly target: Target;
  readonly measured: Spread | null;
  readonly verdict: Verdict;
  /** Requests that were sent, where that is a part of the answer. */
  readonly requests: number | null;
}

const GROWTH = 'memory/grows';
const SPLIT_MIRROR = 'x nginx that splits and mirrors';

function ratio(what: string, figure: string, limit: number, of: string): Target {
  return { what, aim: `<= ${limit.toFixed(2)} ${of}`, figure, limit, unit: 'x', digits: 2 };
}

function less(what: string, figure: string, limit: number): Target {
  return { what, aim: `>= ${limit} x less`, figure, limit, atLeast: true, unit: 'x', digits: 1 };
}

const LATENCY_TARGETS: readonly Target[] = [500, 2_000].flatMap((rate) =>
  (['p50', 'p99'] as const).map((figure) => ({
    what: `added latency ${figure} at ${rate}/s, everything on`,
    aim: `<= nginx split + mirror`,
    figure: `latency/excess/${rate}/${figure}-ms`,
    limit: 0,
    unit: ' ms more',
    digits: 2,
  })),
);

export const TARGETS: readonly Target[] = [
  ratio('CPU, everything on, saturated', 'ladder/headgate-drift/x-nginx-split-mirror', 0.8, SPLIT_MIRROR),
  ratio('CPU, everything on, 2,000/s', 'ladder/headgate-drift/x-nginx-split-mirror-paced', 0.8, SPLIT_MIRROR),
  ratio('CPU, plain proxy, saturated', 'ladder/headgate-pass/x-nginx', 1.6, 'x nginx'),
  ratio('CPU, plain proxy, 2,000/s', 'ladder/headgate-pass/x-nginx-paced', 1.6, 'x nginx'),
  less('CPU, plain proxy, than @fastify/http-proxy', 'rivals/fastify/x-headgate-pass', 3),
  less('CPU, plain proxy, than http-proxy-3', 'rivals/http-proxy-3/x-headgate-pass', 3),
  less('CPU, plain proxy, than hono/proxy', 'rivals/hono/x-headgate-pass', 3),
  less('CPU, plain proxy, than Portkey', 'rivals/portkey/x-headgate-pass', 10),
  ...LATENCY_TARGETS,
  {
    what: "the champion's p99 while its shadow hangs",
    aim: 'shift < 5 %',
    figure: 'shadow/p99-shift-percent',
    limit: 5,
    unit: ' %',
    digits: 1,
  },
  ratio('CPU, 400 models, everything on', 'scale/models-400/ratio', 1.05, 'x 1 model'),
  { what: 'reload of 400 models', aim: '< 300 ms', figure: 'reload/ms', limit: 300, unit: ' ms', digits: 0 },
  {
    what: 'longest request while 400 models reload, beyond that without',
    aim: '<= 1 ms',
    figure: 'reload/longest-beyond-ms',
    limit: 1,
    unit: ' ms',
    digits: 2,
  },
  { what: 'start to ready', aim: '< 500 ms', figure: 'start/1/ready-ms', limit: 500, unit: ' ms', digits: 0 },
  {
    what: "memory over an hour's requests (1,800,000)",
    aim: 'no growth',
    figure: GROWTH,
    limit: 0,
    unit: '',
    digits: 0,
  },
  { what: 'drift update, warm', aim: '<= 25 ns', figure: 'micro/drift-1/ns', limit: 25, unit: ' ns', digits: 1 },
  { what: 'assignment', aim: '<= 500 ns', figure: 'micro/assignment/ns', limit: 500, unit: ' ns', digits: 0 },
];

export function judge(targets: readonly Target[], figures: Readonly<Record<string, Spread>>): Judged[] {
  return targets.map((target) => {
    const measured = figures[target.figure] ?? null;
    return {
      target,
      measured,
      verdict: measured === null ? 'not measured' : verdictOf(target, measured),
      requests: target.figure === GROWTH ? (figures['memory/requests']?.median ?? null) : null,
    };
  });
}

function verdictOf({ limit, atLeast }: Target, { median, low, high }: Spread): Verdict {
  const holds = (value: number): boolean => (atLeast === true ? value >= limit : value <= limit);
  const everywhere = holds(low) === holds(high);
  if (holds(median)) return everywhere ? 'met' : 'met, not in every round';
  return everywhere ? 'missed' : 'missed, not in every round';
}

export function measuredText({ target, measured, requests }: Judged): string {
  if (measured === null) return '-';
  if (target.figure === GROWTH)
    return `${measured.median === 0 ? 'none' : 'growth'} beyond the tolerance, ${requests ?? 0} requests`;
  return `${spreadText(measured, target.digits)}${target.unit}`;
}
