// From cells to the report: ratios compare neighbours in time, corners that were cut are named, and the README changes only
// between its marks.

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PLAIN } from '../../benchmarks/candidate.ts';
import type { Cell } from '../../benchmarks/measure.ts';
import { parseOptions } from '../../benchmarks/options.ts';
import { markdown, type Report } from '../../benchmarks/report.ts';
import { keepResults, updateReadme, withTable } from '../../benchmarks/results.ts';
import { summarize } from '../../benchmarks/summary.ts';

const BASELINES = { plain: 'nginx', splitMirror: 'nginx-split-mirror', floor: 'direct' };

interface Odd {
  readonly failed?: number;
  readonly shadows?: number;
  readonly calls?: number;
  readonly captured?: number | null;
}

function cell(candidate: string, round: number, cpu: number, latencyUs: number, odd: Odd = {}): Cell {
  const metered = { cpuUsPerRequest: cpu, failed: 0, problem: null, calls: 1, shadows: 0, captured: null, ...odd };
  const open = {
    ...metered,
    ratePerSecond: 500,
    latenciesUs: Array.from({ length: 100 }, (_, i) => latencyUs + i),
    latenessUs: [1, 2, 3],
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
    expect(rival?.saturation.cpuUsPerRequest).toEqual({ median: 30, low: 20, high: 40 });
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
  });
});

function report(): Report {
  const options = parseOptions([]);
  if (options === null) throw new Error('no options');
  const summaries = summarize([cell('nginx', 1, 10, 100), cell('direct', 1, 1, 50)], BASELINES, new Set(), 1);
  return {
    conditions: {
      at: '2030-01-02T03:04:05Z',
      commit: 'abc1234',
      cpu: 'a CPU',
      cores: 2,
      memoryGiB: 4,
      kernel: '6',
      loadAverage: 0,
      busy: 0,
      versions: { node: '24' },
    },
    options: { ...options, phases: [{ ratePerSecond: 500, seconds: 1 }] },
    candidates: [
      { id: 'nginx', title: 'nginx, proxy_pass', work: PLAIN },
      { id: 'broken', title: 'broken', work: PLAIN },
    ],
    summaries,
    refused: [{ candidate: 'broken', why: 'it is broken' }],
  };
}

describe('the report', () => {
  it('is kept under date and commit, for machines and for people', () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-results-'));
    expect(keepResults(report(), folder)).toBe('benchmarks/results/2030-01-02-abc1234.md');
    expect(readdirSync(folder).sort()).toEqual(['2030-01-02-abc1234.json', '2030-01-02-abc1234.md']);
    const kept: unknown = JSON.parse(readFileSync(join(folder, '2030-01-02-abc1234.json'), 'utf8'));
    expect(kept).toMatchObject({
      conditions: { commit: 'abc1234' },
      summaries: [{ candidate: 'nginx' }, { candidate: 'direct' }],
    });
  });

  it('shows a row for each candidate that was measured, and why another was not', () => {
    const text = markdown(report());
    expect(text).toMatch(/\| nginx, proxy_pass +\| proxy +\| 10 +\| 10 +\| 1\.00 +\|/);
    expect(text).toContain('broken: not measured. it is broken');
    expect(text).not.toMatch(/^\| broken/m);
  });

  it('replaces what stands between the marks of the README, and nothing else', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'headgate-readme-')), 'README.md');
    writeFileSync(file, '# A\n<!-- bench:start -->\nold\n<!-- bench:end -->\nrest\n');
    updateReadme(report(), 'benchmarks/results/x.md', file);
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith('# A\n<!-- bench:start -->\n| candidate')).toBe(true);
    expect(text.endsWith('<!-- bench:end -->\nrest\n')).toBe(true);
    expect(text).not.toContain('old');
    expect(() => withTable('# no marks', 'table')).toThrow('<!-- bench:start -->');
  });
});

describe('the command line', () => {
  it('refuses what would mislead', () => {
    expect(() => parseOptions(['--quick', '--write-readme'])).toThrow('too short');
    expect(() => parseOptions(['--rounds', '0'])).toThrow('--rounds 0');
    expect(() => parseOptions(['--quicker'])).toThrow('--quicker');
    expect(parseOptions(['--help'])).toBeNull();
  });
});
