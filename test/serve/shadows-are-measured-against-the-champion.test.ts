// A gate whose shadow is measured against the champion: the same copies of the same requests are steady there, whatever the file says
// of them; the report and the table name what each version is measured against.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DriftView } from '../../src/admin/view.ts';
import { writeBaseline } from '../../src/drift/baseline/write-baseline.ts';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { headgate } from '../cli/headgate.ts';
import { createCaller } from './caller.ts';
import { inferenceUpstream, startServe, temporaryFolder, waitFor } from './served-gate.ts';

test('copies of a champion that drifted are not drift of the shadow', async () => {
  const folder = temporaryFolder();
  const [champion, shadow] = [await inferenceUpstream(), await inferenceUpstream()];
  const random = createSeededRandom(9);
  const values = Array.from({ length: 3000 }, () => random() * 100);
  const file = writeBaseline('m', { request: { rows: values.length, columns: [{ name: 'amount', values }] } });
  writeFileSync(join(folder, 'm.json'), file);
  const gate = await startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 1s }
admin: { port: 0 }
data: ./data
models:
  m:
    champion: one
    versions: { one: { url: "${champion.url}" }, dark: { url: "${shadow.url}" } }
    mirror: { dark: 100% }
    drift: { baseline: m.json, against: champion, tick: 1s }
`,
    { folder },
  );
  const caller = createCaller(8);
  const drift = async (): Promise<DriftView> =>
    (await (await fetch(`${gate.adminUrl}/api/v1/models/m/drift?feature=amount`)).json()) as DriftView;
  // Half of the values are far beyond the file's.
  const found = await waitFor(async () => {
    const bodies = Array.from({ length: 100 }, () => ({
      body: JSON.stringify({
        inputs: [{ name: 'amount', shape: [1, 1], datatype: 'FP64', data: [random() * 200] }],
      }),
    }));
    for (const { status } of await caller.askAll(gate.dataUrl, bodies)) expect(status).toBe(200);
    const { features } = await drift();
    const [one, dark] = ['one', 'dark'].map((version) => features.find((feature) => feature.version === version));
    return (one?.psi ?? 0) > 0.5 && (dark?.psi ?? null) !== null ? { one, dark } : undefined;
  }, 'both versions to be judged');
  caller.close();
  expect(found.one).toMatchObject({ against: 'baseline', baselineRows: 3000 });
  expect(found.dark).toMatchObject({ against: 'champion', role: 'shadow' });
  expect(found.dark?.psi).toBeLessThan(0.02);
  expect(found.dark?.status).not.toBe('drifting');
  const shown = await headgate(['drift', 'm', '--admin', gate.adminUrl]);
  expect(shown.out).toContain("baseline of dark, features: the champion's rows of the same ticks");
  await gate.stop();
  await Promise.all([champion.close(), shadow.close()]);
}, 90_000);
