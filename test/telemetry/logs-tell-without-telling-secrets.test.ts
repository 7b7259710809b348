import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { failureIndex } from '../../src/errors.ts';
import { humanLine } from '../../src/telemetry/human-line.ts';
import { createAccessLog, createLogger } from '../../src/telemetry/logs.ts';
import { NAMES, record } from './records.ts';

function collector(level: 'info' | 'error' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ level, thread: 'monitor', write: (line) => lines.push(line) });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a line is one JSON object with time, level and who speaks', () => {
  const { logger, lines, parsed } = collector();
  logger.info({ generation: 'abc' }, 'ready');
  logger.debug('not at this level');
  expect(lines[0]?.endsWith('\n')).toBe(true);
  expect(parsed()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      thread: 'monitor',
      generation: 'abc',
      msg: 'ready',
    },
  ]);
});

test('the access log has the columns of the record, and neither bodies, headers, units nor query strings', () => {
  const { logger, lines, parsed } = collector();
  createAccessLog({ logger, sample: 1 }).record(record({ failure: failureIndex('upstream_reset') }), NAMES);
  expect(parsed()[0]).toMatchObject({
    decision_id: '018f0000-0000-7000-8000-000000000001',
    at: '2023-11-14T22:13:20.000Z',
    model: 'credit-default',
    version: 'boosted',
    role: 'challenger',
    reason: 'split',
    path: '/v2/models/credit-default/infer',
    error: 'upstream_reset',
    error_source: 'upstream',
    latency_ms: 12.5,
  });
  expect(lines.join()).not.toMatch(/hunter2|acct-secret|authorization/i);
});

test('all calls of a decision are logged or none, and the fraction is the one configured', () => {
  const first = collector();
  const second = collector();
  const logs = [first, second].map(({ logger }) => createAccessLog({ logger, sample: 0.2 }));
  for (let i = 0; i < 5000; i++) {
    for (const log of logs)
      log.record(record({ decisionId: `decision-${i}`, role: log === logs[0] ? 'champion' : 'shadow' }), NAMES);
  }
  const ids = (from: typeof first) => from.parsed().map((line) => line.decision_id);
  expect(ids(first)).toEqual(ids(second));
  expect(first.lines.length).toBeGreaterThan(900);
  expect(first.lines.length).toBeLessThan(1100);
});

test('a sample of nothing logs nothing', () => {
  const { logger, lines } = collector();
  createAccessLog({ logger, sample: 0 }).record(record(), NAMES);
  expect(lines).toEqual([]);
});

test('a person reads a short line, and an error with its stack', () => {
  const { logger, lines } = collector();
  logger.error({ err: new Error('no disk'), path: '/data', why: 'it is full' }, 'cannot write');
  const plain = stripVTControlCharacters(humanLine(lines[0] ?? ''));
  expect(plain).toMatch(
    /^\d\d:\d\d:\d\d error monitor cannot write path=\/data why="it is full"\n {2}Error: no disk\n {6}at /,
  );
});
