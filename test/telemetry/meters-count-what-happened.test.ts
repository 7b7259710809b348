import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureIndex } from '../../src/errors.ts';
import { SHADOW_DROPS } from '../../src/model.ts';
import {
  BOUNDS_MS,
  BUCKETS,
  bucketOf,
  countOf,
  HISTOGRAM_CELLS,
  LE_MS,
  observe,
  quantileMs,
  sumMs,
} from '../../src/telemetry/histogram.ts';
import { GATEWAY, SERIES } from '../../src/telemetry/layout.ts';
import { createMeters, type MeterBlock } from '../../src/telemetry/meters.ts';

const cellsOf = (block: MeterBlock | undefined) => new Float64Array(block?.memory ?? new SharedArrayBuffer(0));

test('a value lies above the bound before its bucket and at or below its own', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (ms) => {
      const bucket = bucketOf(ms);
      expect(ms).toBeLessThanOrEqual(BOUNDS_MS[bucket] ?? Number.NaN);
      if (bucket > 0) expect(ms).toBeGreaterThan(BOUNDS_MS[bucket - 1] ?? Number.NaN);
    }),
  );
});

test('a bound itself is inside its bucket, as the exposition says with `le`', () => {
  for (let bucket = 0; bucket < BUCKETS - 1; bucket++) expect(bucketOf(BOUNDS_MS[bucket] ?? 0)).toBe(bucket);
});

test('nothing, negative and unreal times land in the first bucket or the last, never outside', () => {
  for (const odd of [0, -0, -1, -1e9, Number.NaN]) expect(bucketOf(odd)).toBe(0);
  for (const long of [32_769, 1e12, Number.POSITIVE_INFINITY]) expect(bucketOf(long)).toBe(BUCKETS - 1);
});

test('Prometheus sees bounds from 0.25 ms to 33 s that rise and are all real bounds', () => {
  expect(LE_MS[0]).toBe(0.25);
  expect(LE_MS.at(-1)).toBe(32_768);
  expect(LE_MS.length).toBeLessThanOrEqual(26);
  for (const [index, le] of LE_MS.entries()) {
    expect(BOUNDS_MS).toContain(le);
    if (index > 0) expect(le).toBeGreaterThan(LE_MS[index - 1] ?? 0);
  }
});

test('a quantile is within a bucket of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.3, max: 30_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.9, 0.99),
      (values, q) => {
        const cells = new Float64Array(HISTOGRAM_CELLS);
        for (const value of values) observe(cells, 0, value);
        const sorted = values.toSorted((a, b) => a - b);
        const truth = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
        const found = quantileMs(cells, q) ?? 0;
        expect(found / truth).toBeGreaterThan(1 / 1.26);
        expect(found / truth).toBeLessThan(1.26);
        expect(countOf(cells)).toBe(values.length);
        expect(sumMs(cells)).toBeCloseTo(
          values.reduce((sum, value) => sum + value, 0),
          3,
        );
      },
    ),
  );
  expect(quantileMs(new Float64Array(HISTOGRAM_CELLS), 0.5)).toBeNull();
});

test('each fact of a finished call is counted once, in its own cell', () => {
  const blocks: MeterBlock[] = [];
  const meters = createMeters(3, (block) => blocks.push(block));
  const meter = meters.series('fraud', 'v2', 'challenger');
  meter.finished('rule', 200, -1, 12, 11, 100, 50);
  meter.finished('split', 0, failureIndex('upstream_timeout'), 2000, 2000, 100, 0);
  meter.finished('split', 0, failureIndex('client_gone'), 5, 0, 100, 0);
  meter.finished('split', 503, -1, 5, 4, 100, 10);
  meter.retried();
  meter.fellBack();
  meter.shadowDropped('too_many_bytes');
  meter.inflight(1);
  meter.inflight(1);
  meter.inflight(-1);

  expect(blocks.map(({ kind, thread, model, version, role }) => [kind, thread, model, version, role])).toEqual([
    ['gateway', 3, '', '', 'champion'],
    ['series', 3, 'fraud', 'v2', 'challenger'],
  ]);
  const cells = cellsOf(blocks[1]);
  const { at } = SERIES;
  expect([...cells.subarray(at.reasons, at.statuses)]).toEqual([3, 0, 1, 0, 0, 0, 0, 0]);
  expect([...cells.subarray(at.statuses, at.failures)]).toEqual([2, 0, 1, 0, 0, 1]);
  expect(cells[at.failures + failureIndex('upstream_timeout')]).toBe(1);
  expect(cells[at.failures + failureIndex('client_gone')]).toBe(1);
  expect(cells[at.errors]).toBe(2);
  expect([cells[at.retries], cells[at.fallbacks]]).toEqual([1, 1]);
  const drops = SHADOW_DROPS.map((reason, index) => [reason, cells[at.shadowDrops + index]]);
  expect(drops.filter(([, count]) => count !== 0)).toEqual([['too_many_bytes', 1]]);
  expect([cells[at.requestBytes], cells[at.responseBytes], cells[at.inflight]]).toEqual([400, 60, 1]);
  expect(countOf(cells, at.latency)).toBe(4);
  expect(countOf(cells, at.upstream)).toBe(3);
});

test('the same key gives the same meter and one block, so that counters survive a reload', () => {
  const blocks: MeterBlock[] = [];
  const meters = createMeters(0, (block) => blocks.push(block));
  expect(meters.series('m', 'v', 'champion')).toBe(meters.series('m', 'v', 'champion'));
  expect(meters.series('m', 'v', 'shadow')).not.toBe(meters.series('m', 'v', 'champion'));
  expect(blocks).toHaveLength(3);
});

test('the gateway counts what never reached a model, and keeps its gauges', () => {
  const blocks: MeterBlock[] = [];
  const { gateway } = createMeters(0, (block) => blocks.push(block));
  gateway.refused('no_model');
  gateway.refused('no_model');
  gateway.connections(1);
  gateway.inflight(1);
  gateway.slabsOut(4);
  gateway.slabsOut(2);
  gateway.shadowBytes(1024);
  const cells = cellsOf(blocks[0]);
  const { at } = GATEWAY;
  expect(cells[at.refused + failureIndex('no_model')]).toBe(2);
  expect([cells[at.connections], cells[at.inflight]]).toEqual([1, 1]);
  expect([cells[at.slabsOut], cells[at.shadowBytes]]).toEqual([2, 1024]);
});
