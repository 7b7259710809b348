// `headgate drift MODEL --html FILE`: one file that loads nothing and runs nothing, whatever the names of columns are; the worst first,
// each chart with a title and its figures as a table; and how the open alarms stand in it and in the table of the terminal.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { DriftView, FeatureDriftView } from '../../src/admin/view.ts';
import { reportPage } from '../../src/commands/drift/html/page.ts';
import { createFixtureView } from '../admin/fixture-view.ts';
import { serve } from '../admin/served.ts';
import { headgate } from './headgate.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-html-'));
afterAll(() => rmSync(folder, { recursive: true }));

const VIEW = createFixtureView().drift('credit-default');
if (VIEW === undefined) throw new Error('the fixture has drift');

/** Every element is closed in its order. @returns the names of all */
function elements(page: string): readonly string[] {
  const all: string[] = [];
  const open: string[] = [];
  for (const [, end, name = '', rest = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:[^>"]|"[^"]*")*)>/g)) {
    if (end === '/') expect(open.pop()).toBe(name);
    else {
      all.push(name);
      if (!rest.endsWith('/') && !['meta', 'br'].includes(name)) open.push(name);
    }
  }
  expect(open).toEqual([]);
  return all;
}

const pageOf = (view: DriftView, spans: readonly DriftView[] = []): string =>
  reportPage({ view, spans, alarmOf: () => null, madeMs: Date.parse('2026-11-25T12:00:00Z') });

describe('the page', () => {
  const page = pageOf(VIEW, [VIEW]);

  test('loads nothing, runs nothing, and is well formed', () => {
    const names = elements(page);
    expect(names.filter((name) => ['script', 'link', 'img', 'iframe', 'object', 'form'].includes(name))).toEqual([]);
    expect(page).not.toMatch(/https?:\/\/|url\(|@import|\son\w+=/);
    expect(page).toContain(`default-src 'none'`);
  });

  test('says of each column its status, and has the worst on top', () => {
    for (const { feature, status } of VIEW.features) expect(page).toMatch(new RegExp(`${feature}[^]*${status}`));
    const order = [...page.matchAll(/<span class="status (\w+)">/g)].map(([, status]) => status).slice(1);
    const table = order.slice(0, VIEW.features.length);
    const gravity = ['drifting', 'unknown', 'warming', 'steady'];
    expect(table).toEqual(table.toSorted((one = '', other = '') => gravity.indexOf(one) - gravity.indexOf(other)));
  });

  test('every chart has a title that a screen reader says, and its figures stand in a table', () => {
    const names = elements(page);
    const charts = page.match(/<svg [^>]*role="img" aria-labelledby="(c\d+)-t"><title id="\1-t">[^<]+/g) ?? [];
    expect(charts.length).toBe(names.filter((name) => name === 'svg').length);
    expect(charts.length).toBeGreaterThan(0);
    const changed = VIEW.features.filter(({ status, bins }) => status !== 'steady' && bins.length > 0);
    expect(page.match(/The figures of the chart/g)?.length).toBe(changed.length);
  });

  test('names are text, never markup', () => {
    const name = '</title><script>alert(1)</script>"\'&\u202e\u0000';
    const [first] = VIEW.features;
    const hostile: FeatureDriftView = {
      ...(first as FeatureDriftView),
      feature: name,
      version: name,
      hint: name,
      kind: 'categorical',
      status: 'drifting',
      bins: [{ label: name, baseline: 0.5, current: 0.25 }],
    };
    const text = pageOf({ ...VIEW, model: name, features: [hostile] });
    expect(elements(text)).not.toContain('script');
    expect(text).toContain('&lt;script&gt;');
    for (const character of ['\u202e', '\u0000']) expect(text).not.toContain(character);
  });

  test('no column, no bin, a thousand columns, two hundred categories', () => {
    expect(pageOf({ ...VIEW, features: [] })).toContain('No column has been read yet');
    const [first] = VIEW.features;
    const many = Array.from({ length: 1000 }, (_, i) => ({
      ...(first as FeatureDriftView),
      feature: `c${i}`,
      status: 'steady' as const,
      kind: 'categorical' as const,
      bins: Array.from({ length: i % 3 === 0 ? 200 : 0 }, (__, bin) => ({
        label: `k${bin}`,
        baseline: 0.005,
        current: 0.005,
      })),
    }));
    const large = pageOf({ ...VIEW, features: many });
    elements(large);
    expect(large.length).toBeLessThan(3_000_000);
    expect(large).toContain('700 more are in the table alone');
  });
});

test('the command writes the file, says so, and keeps its exit codes', async () => {
  const { origin } = await serve();
  const path = join(folder, 'report.html');
  const { code, out, err } = await headgate(['drift', 'credit-default', '--admin', origin, '--html', path, '--check']);
  expect([code, err]).toEqual([1, '']);
  expect(out).toMatch(
    /report\.html is written: credit-default: drifting, windows of 60 s, \d+ of \d+ columns drifting\n$/,
  );
  const page = readFileSync(path, 'utf8');
  elements(page);
  expect(page.includes('<caption>Over time</caption>')).toBe(true);
  const unwritable = await headgate([
    'drift',
    'credit-default',
    '--admin',
    origin,
    '--html',
    join(folder, 'no/such.html'),
  ]);
  expect([unwritable.code, unwritable.err]).toEqual([69, expect.stringContaining('no such file or directory')]);
  const nameless = await headgate(['drift', '--admin', origin, '--html', path]);
  expect([nameless.code, nameless.err]).toEqual([64, expect.stringContaining('--html is the report of one MODEL')]);
});

test('since when and how sure stand beside a column that has an open alarm, and in the JSON', async () => {
  const { origin } = await serve();
  const { out } = await headgate(['drift', 'credit-default', '--admin', origin]);
  expect(out).toMatch(/^column +version +status +since +evidence +finds +rows/m);
  expect(out).toMatch(/^AGE +logistic .*2026-01-15 11:00 UTC +exp\(2\d\.\d\)/m);
  const { out: json } = await headgate(['drift', 'credit-default', '--admin', origin, '--json']);
  const { features } = JSON.parse(json) as { features: { feature: string; version: string; alarm: unknown }[] };
  const found = features.filter(({ alarm }) => alarm !== null);
  expect(found).toMatchObject([
    {
      feature: 'AGE',
      version: 'logistic',
      alarm: { state: 'open', evidence: 21.5, since: '2026-01-15T11:00:00.000Z' },
    },
  ]);
});
