// Outcomes are read strictly, appended once per key, bounded, and found again by their decision.

import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createOutcomeFinder } from '../../src/outcomes/find-outcomes.ts';
import { type Outcome, readOutcome } from '../../src/outcomes/outcome.ts';
import { createOutcomeLog, OutcomesFull, outcomeFiles } from '../../src/outcomes/outcome-log.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { headgate } from '../cli/headgate.ts';

const NOW = 1_700_000_000_000;
const plain = { decision_id: 'd-1', name: 'default', value: true };

const findOutcomes = async (data: string, id: string) => (await createOutcomeFinder({ data }).find(id)).outcomes;

function outcome(changes: Readonly<Record<string, unknown>> = {}): Outcome {
  const reading = readOutcome({ ...plain, ...changes }, NOW);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.outcome;
}

test('what is no outcome is refused, with what is wrong', () => {
  const wrong: [unknown, RegExp][] = [
    [7, /not a JSON object/],
    [[], /not a JSON object/],
    [{ ...plain, decision_id: undefined }, /neither a decision_id nor a model and a unit/],
    [{ name: 'x', value: 1, model: 'm' }, /neither/],
    [{ ...plain, decision_id: 'a b' }, /visible ASCII/],
    [{ ...plain, name: '' }, /name is/],
    [{ ...plain, value: Number.NaN }, /value is/],
    [{ ...plain, value: null }, /value is/],
    [
      { ...plain, value: JSON.parse('9007199254740993') },
      /whole number beyond 2\^53, which would be rounded; put it in quotes/,
    ],
    [{ ...plain, value: -(2 ** 53) }, /beyond 2\^53/],
    [{ ...plain, value: 'x'.repeat(2000) }, /value is/],
    [{ ...plain, at: '2026-01-01' }, /ISO 8601 with its zone/],
    [{ ...plain, at: 1e300 }, /ISO 8601/],
    [{ ...plain, unit: 'x'.repeat(2000) }, /unit is/],
    [{ ...plain, labl: 1 }, /"labl" is no key of an outcome/],
  ];
  for (const [raw, problem] of wrong) {
    const reading = readOutcome(raw, NOW);
    expect(reading.ok ? '' : reading.problem, JSON.stringify(raw)).toMatch(problem);
  }
  expect(outcome({ value: '9007199254740993' }).value).toBe('9007199254740993');
  expect(outcome({ value: 2 ** 53 - 1 }).value).toBe(9007199254740991);
  expect(outcome({ at: '2026-01-01T02:00:00+02:00' }).at).toBe(Date.UTC(2026, 0, 1));
  expect(outcome({ decision_id: undefined, model: 'm', unit: 'é', value: 'paid' })).toMatchObject({
    unit: 'é',
    at: NOW,
  });
});

test('without a key, subject, name and the time given make one', () => {
  expect(outcome().key).toBe(outcome({ value: false }).key);
  const others = [{ name: 'other' }, { decision_id: 'd-2' }, { at: NOW }, { at: NOW + 1 }, { key: 'own' }];
  expect(new Set(others.map((change) => outcome(change).key).concat(outcome().key)).size).toBe(6);
});

test('one that came before is not written again, and a full log refuses', async () => {
  const data = await temporaryFolder();
  const log = createOutcomeLog({ data, replica: 'a', bytesMax: 1500 });
  expect(await log.append([outcome(), outcome({ value: false }), outcome({ name: 'b' })])).toEqual({
    written: 2,
    known: 1,
  });
  expect(await log.append([outcome()])).toEqual({ written: 0, known: 1 });
  const many = Array.from({ length: 20 }, (_, i) => outcome({ name: `n${i}` }));
  await expect(log.append(many)).rejects.toThrow(OutcomesFull);
  expect(log.counts).toMatchObject({ written: 2, known: 2, refused: 20 });
  await expect(log.append(many)).rejects.toThrow(/1500 bytes; raise captures.outcomes/);
  // A reload may raise it, and lower it again: what is there stays.
  log.configure(10_000);
  expect(await log.append([outcome({ name: 'n0', decision_id: 'd-2' })])).toEqual({ written: 1, known: 0 });
  log.configure(1);
  await expect(log.append([outcome({ decision_id: 'd-3' })])).rejects.toThrow(OutcomesFull);
  expect(log.counts).toMatchObject({ written: 3, known: 2, refused: 41 });
  await log.close();
  const [file = ''] = await outcomeFiles(data);
  const text = await readFile(file, 'utf8');
  expect(text.trim().split('\n').length).toBe(3);
  expect(log.counts.bytes).toBe(text.length);
  expect((await findOutcomes(data, 'd-1')).map(({ name, value }) => [name, value])).toEqual([
    ['default', true],
    ['b', true],
  ]);
  // A line that is still being written, and an id inside of another's text.
  await appendFile(file, JSON.stringify(outcome({ decision_id: 'd-9' })));
  expect(await findOutcomes(data, 'd-9')).toEqual([]);
  expect(await findOutcomes(data, 'd')).toEqual([]);
  expect(await findOutcomes(await temporaryFolder(), 'd-1')).toEqual([]);
});

test('a file is imported whole or not at all, and twice is once', async () => {
  const data = await temporaryFolder();
  const csv = join(data, 'labels.CSV');
  await writeFile(
    csv,
    '\ufeffdecision_id,name,value,at\r\nd-1,"a.b",0.5,2026-01-01T00:00:00Z\r\nd-2,c,"say ""x"", y",\r\n',
  );
  const run = (file: string) => headgate(['outcomes', 'import', file, '--data', data]);
  expect(await run(csv)).toMatchObject({ code: 0, out: '2 outcomes imported\n' });
  const bytes = async (): Promise<number> => {
    const files = await Promise.all((await outcomeFiles(data)).map((path) => readFile(path)));
    return files.reduce((sum, { length }) => sum + length, 0);
  };
  const before = await bytes();
  const again = '0 outcomes imported; 2 others were there already, or twice in the file\n';
  expect(await run(csv)).toMatchObject({ code: 0, out: again });
  expect(await bytes()).toBe(before);
  const asked = await headgate([
    'query',
    '--data',
    data,
    '--format',
    'csv',
    'SELECT decision_id, name, value, label FROM outcomes ORDER BY 1',
  ]);
  expect(asked.out).toBe('decision_id,name,value,label\nd-1,a.b,0.5,0.5\nd-2,c,,"say ""x"", y"\n');

  const lines = join(data, 'labels.ndjson');
  await writeFile(lines, `${JSON.stringify({ ...plain, decision_id: 'd-3' })}\n\n{"decision_id":"d-4"}\nnot json\n`);
  const there = await readdir(join(data, 'outcomes'));
  const refused = await run(lines);
  expect(refused).toMatchObject({ code: 65, out: '' });
  expect(refused.err).toMatch(
    /labels.ndjson:3: name is .*\n.*labels.ndjson:4: it is not a JSON object\nNothing was imported/,
  );
  expect(await readdir(join(data, 'outcomes'))).toEqual(there);
});

test('a time in a CSV may be Unix milliseconds, as it may in JSON', async () => {
  const data = await temporaryFolder();
  const csv = join(data, 'labels.csv');
  await writeFile(csv, 'decision_id,name,value,at\nd-1,a,1,1767225600000\nd-2,a,1,1767225600000.5\nd-3,a,1,-1\n');
  const imported = await headgate(['outcomes', 'import', csv, '--data', data]);
  expect(imported).toMatchObject({ code: 0, out: '3 outcomes imported\n', err: '' });
  const [file = ''] = await outcomeFiles(data);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as Outcome).at)).toEqual([1767225600000, 1767225600000.5, -1]);
  await writeFile(csv, 'decision_id,name,value,at\nd-1,a,9007199254740993,\nd-1,b,1,yesterday\n');
  const refused = await headgate(['outcomes', 'import', csv, '--data', data]);
  expect(refused.err).toMatch(/:2: value is a whole number beyond 2\^53.*\n.*:3: at is a time/);
  expect(refused.code).toBe(65);
});

test('an import takes no more than the configuration allows', async () => {
  const data = await temporaryFolder();
  const config = join(data, 'headgate.yaml');
  const lines = join(data, 'labels.ndjson');
  const yaml = (outcomes: string): string =>
    `data: ${data}\ncaptures: { outcomes: ${outcomes} }\nmodels: { m: { versions: { one: { url: "http://127.0.0.1:9" } } } }\n`;
  await writeFile(
    lines,
    Array.from({ length: 50 }, (_, i) => JSON.stringify({ ...plain, decision_id: `d-${i}` })).join('\n'),
  );
  await writeFile(config, yaml('1KiB'));
  const refused = await headgate(['outcomes', 'import', lines, '-c', config]);
  expect(refused).toMatchObject({ code: 65, out: '' });
  expect(refused.err).toMatch(/outcomes have reached 1024 bytes; raise captures.outcomes/);
  await writeFile(config, yaml('1MiB'));
  expect(await headgate(['outcomes', 'import', lines, '-c', config])).toMatchObject({
    code: 0,
    out: '50 outcomes imported\n',
  });
});
