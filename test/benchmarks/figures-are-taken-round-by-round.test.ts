// From cells to figures: ratios compare neighbours in time, and corners that were cut are named.

import { describe, expect, it } from 'vitest';
import type { Cell } from '../../benchmarks/measure.ts';
import { summarize } from '../../benchmarks/summary.ts';

const BASELINES = { plain: 'nginx', splitMirror: 'nginx-split-mirror', floor: 'direct' };

interface Odd {
  readonly completed?: number;
  readonly failed?: number;
  readonly shadows?: number;
  readonly calls?: number;
  readonly captured?: number | null;
  readonly latenessP99Us?: number;
}

function cell(candidate: string, round: number, cpu: number, latencyUs: number, odd: Odd = {}): Cell {
  const metered = {
    cpuUsPerRequest: cpu,
    completed: 10_000,
    failed: 0,
    problem: null,
    calls: 1,
    shadows: 0,
    captured: null,
    ...odd,
  };
  const open = {
    ...metered,
    ratePerSecond: 500,
    latenciesUs: Array.from({ length: 100 }, (_, i) => latencyUs + i),
    latenessP99Us: odd.latenessP99Us ?? 3,
    generatorCpuUs: 1,
  };
  return { candidate, round, open: [open], saturation: { ...metered, requestsPerSecond: 1000 }, residentMiB: 10 };
}

describe('summarize', () => {
  it('divides by the baseline of the same round', () => {
    // The machine is twice as slow in round 2: a ratio of medians would be 1.33, a ratio by round is 2 throughout.
    const cells = [
      cell('nginx', 1, 10, 100),
      cell('nginx', 2, 20, 200),
      cell('rival', 2, 40, 500),
      cell('rival', 1, 20, 300),
    ];
    const rival = summarize(cells, BASELINES, new Set(), 1).find(({ candidate }) => candidate === 'rival');
    expect(rival?.ratios.plain?.saturated).toEqual({ median: 2, low: 2, high: 2 });
    expect(rival?.ratios.splitMirror).toBeNull();
    expect(rival?.saturation?.cpuUsPerRequest).toEqual({ median: 30, low: 20, high: 40 });
  });

  it('adds latency to that of no proxy in the same round', () => {
    const cells = [
      cell('direct', 1, 0, 100),
      cell('direct', 2, 0, 900),
      cell('rival', 1, 1, 150),
      cell('rival', 2, 1, 970),
    ];
    const rival = summarize(cells, BASELINES, new Set(), 1).find(({ candidate }) => candidate === 'rival');
    expect(rival?.open[0]?.addedUs?.p50).toEqual({ median: 60, low: 50, high: 70 });
  });

  it('names failures and work that was not done', () => {
    const warnings = (odd: Odd, mirrors: boolean): readonly string[] =>
      summarize([cell('rival', 1, 1, 1, odd)], BASELINES, new Set(mirrors ? ['rival'] : []), 1)[0]?.warnings ?? [];
    expect(warnings({ shadows: 1, captured: 1 }, true)).toEqual([]);
    expect(warnings({ failed: 3 }, false)).toEqual([expect.stringContaining('6 requests failed')]);
    expect(warnings({ shadows: 0.5 }, true)).toEqual([expect.stringContaining('only 50.0 % of the shadows')]);
    expect(warnings({ captured: 0.9 }, false)).toEqual([expect.stringContaining('only 90.0 % of the exchanges')]);
    expect(warnings({ calls: 1.1 }, false)).toEqual([expect.stringContaining('1.100 times a request')]);
    expect(warnings({ latenessP99Us: 800 }, false)).toEqual([
      expect.stringContaining('late in 1 of its phases (p99 up to 0.8 ms)'),
    ]);
  });

  it('lets saturation cut off as many requests as there are connections', () => {
    const [few] = summarize([cell('rival', 1, 1, 1, { completed: 320, calls: 1.1 })], BASELINES, new Set(), 1);
    expect(few?.warnings).toEqual([]);
  });
});
