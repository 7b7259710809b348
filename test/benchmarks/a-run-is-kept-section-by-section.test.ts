// A run can be taken up where it was left: sections are kept under their commit, each in place of an earlier one, targets are
// judged by what is kept, and pages change only between their marks.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { argumentsOfSection, parseOptions } from '../../benchmarks/options.ts';
import { judgeRun, markdown, type Outcome, type Run } from '../../benchmarks/report.ts';
import { keepOutcome, keptRun, publish, withTables } from '../../benchmarks/results.ts';
import type { Spread } from '../../benchmarks/section.ts';
import { SECTIONS } from '../../benchmarks/sections/index.ts';
import { parseMicroLine } from '../../benchmarks/sections/micro.ts';
import { judge, measuredText, TARGETS, type Verdict } from '../../benchmarks/targets.ts';

const CONDITIONS = {
  at: '2030-01-02T03:04:05Z',
  commit: 'abc1234',
  cpu: 'a CPU',
  cores: 2,
  memoryGiB: 4,
  kernel: '6',
  busy: 0,
  others: 0,
  stolen: 0,
  versions: { node: '24' },
};

function outcome(id: string, figures: Record<string, Spread> = {}, commit = 'abc1234'): Outcome {
  return {
    id,
    title: `About ${id}`,
    conditions: { ...CONDITIONS, commit },
    placement: 'anywhere',
    seed: 1,
    tookSeconds: 2,
    tables: [{ title: 'A table', head: ['name', 'us'], rows: [['one', '10 (9..11)']] }],
    figures,
    notes: ['A note.'],
    warnings: id === 'ladder' ? ['rival: 6 requests failed'] : [],
  };
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'headgate-results-'));
const always = (value: number): Spread => ({ median: value, low: value, high: value });

describe('what is kept', () => {
  it('is one run a commit, its sections in the order of the report, each the last of its kind', () => {
    const place = folder();
    keepOutcome(outcome('memory'), place);
    keepOutcome(outcome('ladder', { a: always(1) }), place);
    expect(keepOutcome(outcome('ladder', { a: always(2) }), place)).toBe('benchmarks/results/2030-01-02-abc1234.md');
    keepOutcome(outcome('ladder', {}, 'fff0000'), place);
    const kept = keptRun('abc1234', place);
    expect(kept?.run.sections.map(({ id }) => id)).toEqual(['ladder', 'memory']);
    expect(kept?.run.sections[0]?.figures).toEqual({ a: always(2) });
    expect(readdirSync(place).length).toBe(4);
    expect(keptRun('0000000', place)).toBeNull();
  });

  it('tells tables, notes, warnings and conditions to people', () => {
    const text = markdown({ commit: 'abc1234', sections: [outcome('ladder')] });
    expect(text).toContain('| one  | 10 (9..11) |');
    expect(text).toContain('- A note.');
    expect(text).toContain('Not as it should be:\n\n- rival: 6 requests failed');
    expect(text).toContain('2030-01-02 03:04 UTC, commit abc1234; 2 cores of a CPU');
  });

  it('is shown between the marks of a page, and nowhere else', () => {
    const root = folder();
    mkdirSync(join(root, 'docs'));
    for (const name of ['README.md', 'docs/performance.md'])
      writeFileSync(join(root, name), '# A\n<!-- bench:start -->\nold\n<!-- bench:end -->\nrest\n');
    publish({ commit: 'abc1234', sections: [outcome('ladder')] }, '2030-01-02-abc1234', root);
    for (const name of ['README.md', 'docs/performance.md']) {
      const text = readFileSync(join(root, name), 'utf8');
      expect(text.startsWith('# A\n<!-- bench:start -->\n')).toBe(true);
      expect(text.endsWith('<!-- bench:end -->\nrest\n')).toBe(true);
      expect(text).not.toContain('old');
      expect(text).toContain('results/2030-01-02-abc1234.md');
    }
    expect(readFileSync(join(root, 'README.md'), 'utf8')).not.toContain('not measured');
    expect(readFileSync(join(root, 'docs/performance.md'), 'utf8')).toContain('not measured');
    expect(() => withTables('# no marks', 'table', 'README.md')).toThrow('README.md has no <!-- bench:start -->');
  });
});

describe('targets', () => {
  const verdict = (spread: Spread | null, atLeast: boolean): Verdict | undefined => {
    const target = { what: 'w', aim: 'a', figure: 'f', limit: 10, atLeast, unit: ' ms', digits: 0 };
    return judge([target], spread === null ? {} : { f: spread })[0]?.verdict;
  };

  it('are judged by the median, and say where a round disagrees', () => {
    expect(verdict({ median: 9, low: 8, high: 10 }, false)).toBe('met');
    expect(verdict({ median: 9, low: 8, high: 11 }, false)).toBe('met, not in every round');
    expect(verdict({ median: 11, low: 10, high: 12 }, false)).toBe('missed, not in every round');
    expect(verdict({ median: 12, low: 11, high: 13 }, false)).toBe('missed');
    expect(verdict({ median: 12, low: 11, high: 13 }, true)).toBe('met');
    expect(verdict({ median: 8, low: 7, high: 9 }, true)).toBe('missed');
    expect(verdict(null, false)).toBe('not measured');
  });

  it('are figures of sections that there are', () => {
    const ids = new Set(SECTIONS.map(({ id }) => id));
    for (const { figure } of TARGETS) expect(ids).toContain(figure.split('/')[0]);
    const run: Run = {
      commit: 'x',
      sections: [outcome('memory', { 'memory/grows': always(1), 'memory/requests': always(900) })],
    };
    const judged = judgeRun(run).find(({ target }) => target.figure === 'memory/grows');
    expect(judged?.verdict).toBe('missed');
    expect(judged === undefined ? '' : measuredText(judged)).toBe('growth beyond the tolerance, 900 requests');
  });
});

describe('sections', () => {
  it('are short enough to be run one by one', () => {
    const options = parseOptions([]);
    if (options === null) throw new Error('no options');
    for (const section of SECTIONS) expect(section.seconds(options), section.id).toBeLessThanOrEqual(185);
  });

  it('read the lines of the micro benchmarks', () => {
    expect(parseMicroLine('assignment: 12.5 ns (12.0..13.0 ns) for nothing [1]')).toBeNull();
    expect(
      parseMicroLine('assignment: 12.5 ns (12.0 ns..13.0 ns, target 500.0 ns) for one unit (of 13 bytes) [9]'),
    ).toEqual({
      name: 'assignment',
      operation: 'one unit (of 13 bytes)',
      ns: { median: 12.5, low: 12, high: 13 },
    });
    expect(parseMicroLine('reload-400: 0.50 ms (0.40 ms..0.60 ms) for one read [9]')?.ns.median).toBe(500_000);
  });
});

describe('the command line', () => {
  it('refuses what would mislead', () => {
    expect(() => parseOptions(['--quick', '--publish'])).toThrow('too short');
    expect(() => parseOptions(['--only', 'nginx', '--publish'])).toThrow('--only');
    expect(() => parseOptions(['--rounds', '0'])).toThrow('--rounds 0');
    expect(() => parseOptions(['--quicker'])).toThrow('--quicker');
    expect(parseOptions(['--help'])).toBeNull();
  });

  it('is handed on to the process of a section, as it was', () => {
    const asked = parseOptions([
      '--rounds',
      '4',
      '--seed',
      '7',
      '--only',
      'a,b',
      '--no-pin',
      '--through',
      'flock /tmp/x',
    ]);
    if (asked === null) throw new Error('no options');
    expect(asked.through).toEqual(['flock', '/tmp/x']);
    const told = parseOptions(argumentsOfSection(asked, 'ladder'));
    expect(told).toEqual({ ...asked, sections: ['ladder'], through: [] });
  });
});

it('the program lists its sections, and refuses one that it does not know', () => {
  const run = fileURLToPath(new URL('../../benchmarks/run.ts', import.meta.url));
  const listed = execFileSync(process.execPath, [run, '--list'], { encoding: 'utf8' }).trim().split('\n');
  expect(listed.map((line) => line.split(' ')[0])).toEqual(SECTIONS.map(({ id }) => id));
  for (const line of listed) expect(line).toMatch(/\(about \d+ (?:s|min)\)$/);
  expect(() => execFileSync(process.execPath, [run, '--section', 'nothing'], { stdio: 'pipe' })).toThrow(
    /no such section/,
  );
});
