// On the real thread, with the real process: decisions come from the gateways, their labels over the admin API, and the quality of each
// version is there, on the API and in the metrics, without a restart and without being asked for.

import { expect, test } from 'vitest';
import type { QualityView } from '../../src/quality/quality-view.ts';
import { temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan } from '../capture/plans.ts';
import { QUALITY } from '../quality/labelled-record.ts';
import { plan, startMonitor } from './start-monitor.ts';
import { v2 } from './v2-exchanges.ts';

const PATIENCE_MS = 60_000;
const MODEL = modelPlan({
  mirrors: [{ version: 1, share: 1, timeoutMs: 1000, callsMax: 10, bytesMax: 100_000 }],
  quality: { ...QUALITY, baselineRows: 100, everyMs: 500 },
});

test('labels that come over the API become the quality of every version', async () => {
  const monitor = await startMonitor(plan([MODEL, modelPlan({ name: 'other' })], await temporaryFolder()));
  try {
    const gateway = monitor.gateway();
    for (let i = 0; i < 200; i++) {
      const call = { decisionId: `d-${i}`, at: Date.now() };
      gateway.writer.write(v2({ amount: i }, i % 2 === 0 ? 0.9 : 0.1, call));
      gateway.writer.write(v2({ amount: i }, 0.6, { ...call, role: 'shadow', version: 1 }));
    }
    await gateway.drained();
    const outcomes = Array.from({ length: 200 }, (_, i) => ({
      decision_id: `d-${i}`,
      name: 'default',
      value: i % 2 === 0,
    }));
    const sent = await fetch(`${monitor.url}/api/v1/outcomes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ outcomes }),
    });
    expect(sent.status).toBe(200);

    const deadline = performance.now() + PATIENCE_MS;
    let view = await monitor.get<QualityView>('/api/v1/models/credit-default/quality');
    expect(view).toMatchObject({ status: 'warming', settings: { outcome: 'default', score: 'probability' } });
    while (view.counts.joined < 200 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      view = await monitor.get<QualityView>('/api/v1/models/credit-default/quality');
    }
    expect(
      view.versions.map(({ version, role, labelled, realised }) => [version, role, labelled, realised.accuracy]),
    ).toEqual([
      ['logistic', 'champion', 200, 1],
      ['boosted', 'shadow', 200, 0.5],
    ]);
    expect(view.versions[0]).toMatchObject({
      status: 'steady',
      decisions: 200,
      estimated: { auc: expect.any(Number) },
    });
    const metrics = await monitor.get<string>('/metrics');
    expect(metrics).toContain(
      'headgate_quality_figure{model="credit-default",version="boosted",role="shadow",basis="realised",figure="accuracy"} 0.5',
    );
    const other = await monitor.get<QualityView>('/api/v1/models/other/quality');
    expect(other).toMatchObject({ settings: null, problem: 'the model has no `quality` in the configuration' });
  } finally {
    await monitor.stop();
  }
});
