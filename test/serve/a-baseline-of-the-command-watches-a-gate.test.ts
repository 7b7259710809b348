// From training data to a gate that watches by it: the file that `headgate baseline` writes is served with, a definition that changes
// upstream is in the report, the metrics and the log after a few calls, and the captured calls make a baseline in their turn.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DriftView } from '../../src/admin/view.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { headgate } from '../cli/headgate.ts';
import { createCaller } from './caller.ts';
import { inferenceUpstream, startServe, temporaryFolder, waitFor } from './served-gate.ts';

const infer = (inputs: Readonly<Record<string, number>>): string =>
  JSON.stringify({
    inputs: Object.entries(inputs).map(([name, value]) => ({ name, shape: [1, 1], datatype: 'FP64', data: [value] })),
  });

test('from a CSV file to a breach of its schema, and from captured calls to a file again', async () => {
  const folder = temporaryFolder();
  const upstream = await inferenceUpstream();
  const random = createSeededRandom(8);
  const lines = Array.from({ length: 3000 }, () => `${(random() * 100).toFixed(2)},${random() < 0.5 ? 1 : 0}`);
  writeFileSync(join(folder, 'train.csv'), `amount,label\n${lines.join('\n')}\n`);
  const [first, second] = [join(folder, 'm.json'), join(folder, 'again.json')];
  const made = await headgate([
    'baseline',
    '--model',
    'm',
    '--from',
    join(folder, 'train.csv'),
    '--ignore',
    'label',
    '-o',
    first,
  ]);
  expect(made).toMatchObject({ code: 0, err: '' });

  const gate = await startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ./data
models:
  m:
    versions: { one: { url: "${upstream.url}" } }
    drift: { baseline: m.json, tick: 1s }
`,
    { folder },
  );
  const caller = createCaller(1);
  const drift = async (): Promise<DriftView> =>
    (await (await fetch(`${gate.adminUrl}/api/v1/models/m/drift`)).json()) as DriftView;
  const ask = async (calls: number, more: Readonly<Record<string, number>>): Promise<void> => {
    for (let i = 0; i < calls; i++) {
      const body = infer({ amount: Number((random() * 100).toFixed(2)), ...more });
      expect((await caller.ask(gate.dataUrl, { body })).status).toBe(200);
    }
  };
  await ask(20, {});
  const plain = await waitFor(
    async () => ((await drift()).features.length > 0 ? drift() : undefined),
    'rows to be read',
  );
  expect(plain.schema).toEqual([]);
  expect(plain.features[0]).toMatchObject({ feature: 'amount', provisional: false, baselineRows: 3000 });

  await ask(8, { region: 4 });
  const broken = await waitFor(async () => ((await drift()).schema.length > 0 ? drift() : undefined), 'the breach');
  expect(broken.schema[0]).toMatchObject({
    version: 'one',
    role: 'champion',
    side: 'request',
    feature: 'region',
    kind: 'new',
  });
  const shown = await headgate(['drift', 'm', '--admin', gate.adminUrl]);
  expect(shown.out).toContain(
    'breaks the schema of the baseline:\n  region (one) new: the baseline has no such column',
  );
  const metrics = await (await fetch(`${gate.adminUrl}/metrics`)).text();
  expect(metrics).toContain('headgate_drift_schema_breaches{model="m",version="one",kind="new"} 1');
  expect(gate.output()).toContain('live rows break the schema of the baseline: new');
  caller.close();

  const words = ['baseline', '--model', 'm', '-c', gate.file, '--last', '1d', '--json'];
  const again = await headgate([...words, '-o', second]);
  expect(again.code).toBe(0);
  const { columns } = JSON.parse(again.out) as { columns: { name: string; side: string; version: string | null }[] };
  expect(columns.map(({ name, side, version }) => [name, side, version])).toEqual([
    ['amount', 'feature', null],
    ['region', 'feature', null],
    ['predict', 'prediction', 'one'],
  ]);
  await gate.stop();
  await upstream.close();
}, 90_000);
