// A data folder or an admin port that cannot be used ends the start with what, where, why and what to do; a baseline that
// cannot be used does not end it.

import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DriftView } from '../../src/admin/view.ts';
import { parseBaseline } from '../../src/drift/baseline/baseline.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { plan, startMonitor } from './start-monitor.ts';
import { v2 } from './v2-exchanges.ts';

test('a data folder that is a file', async () => {
  const file = join(await temporaryFolder(), 'data');
  await writeFile(file, '');
  await expect(startMonitor(plan([modelPlan()], file))).rejects.toThrow(
    /captures cannot be written there: ENOTDIR.*let this user write to the folder, or name another one under "data"/,
  );
});

test('an admin port that is taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const first = plan([modelPlan()], await temporaryFolder(), { admin: { host: '127.0.0.1', port, token: null } });
  await expect(startMonitor(first)).rejects.toThrow(
    `admin: 127.0.0.1:${port} is in use; stop the process that listens there, or change admin.port`,
  );
  server.close();
});

test('a baseline file is used; one that cannot be read leaves the model provisional', async () => {
  const data = await temporaryFolder();
  const good = join(data, 'good.json');
  const bad = join(data, 'bad.json');
  const values = Array.from({ length: 500 }, (_, i) => i);
  const text = writeBaseline('good', { request: { rows: 500, columns: [{ name: 'amount', values }] } });
  expect(parseBaseline(text).ok).toBe(true);
  await writeFile(good, text);
  await writeFile(bad, '{"format": "headgate-baseline/0"}');
  const drift = { against: 'baseline' as const, tickMs: 60_000, tolerance: 0.1, provisionalRows: 1000 };
  const models = [
    modelPlan({ name: 'good', drift: { ...drift, baseline: good } }),
    modelPlan({ name: 'bad', drift: { ...drift, baseline: bad } }),
  ];
  const monitor = await startMonitor(plan(models, data));
  try {
    const gateway = monitor.gateway();
    for (const model of [0, 1]) gateway.writer.write(v2({ amount: 7 }, 0.5, { model }));
    await gateway.drained();
    const featuresOf = async (model: string) => {
      const { features } = await monitor.get<DriftView>(`/api/v1/models/${model}/drift`);
      return features.find(({ feature }) => feature === 'amount');
    };
    expect(await featuresOf('good')).toMatchObject({ provisional: false, baselineRows: 500 });
    expect(await featuresOf('bad')).toMatchObject({ provisional: true, baselineRows: 1 });
  } finally {
    await monitor.stop();
  }
});
