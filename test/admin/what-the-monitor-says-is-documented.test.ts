import { expect, test } from 'vitest';
import { temporaryFolder } from '../capture/open-capture.ts';
import { modelPlan, versionPlan } from '../capture/plans.ts';
import { plan, startMonitor } from '../monitor/start-monitor.ts';
import { v2 } from '../monitor/v2-exchanges.ts';
import { parsePrometheus } from '../telemetry/prometheus-text.ts';
import { documentOf, validator } from './document.ts';

const MODEL = modelPlan({
  versions: [versionPlan('logistic'), versionPlan('boosted'), versionPlan('forest')],
  split: [0.9, 0.1, 0],
  mirrors: [{ version: 2, share: 1, timeoutMs: 1000, callsMax: 10, bytesMax: 100_000 }],
});

/** Schemas are strict: a field too many in an answer of the true monitor fails here, where the compiler cannot see it. */
test('the answers of the monitor itself have the documented shape, field by field', async () => {
  const monitor = await startMonitor(plan([MODEL], await temporaryFolder()));
  try {
    const gateway = monitor.gateway();
    const series = gateway.meters.series('credit-default', 'logistic', 'champion');
    for (let i = 0; i < 50; i++) {
      const decisionId = `decision-${i}`;
      gateway.writer.write(v2({ amount: i, age: 30 }, 0.25, { decisionId }));
      gateway.writer.write(v2({ amount: i, age: 30 }, 0.5, { decisionId, role: 'shadow', version: 2 }));
      series.finished('split', 200, -1, 3, 2, 100, 50);
    }
    await gateway.drained();

    const document = await documentOf((path) => fetch(monitor.url + path));
    const model = '/api/v1/models/{model}';
    for (const template of [
      '/readyz',
      '/api/v1/models',
      model,
      `${model}/split`,
      `${model}/shadows`,
      `${model}/drift`,
      `${model}/quality`,
      '/api/v1/captures',
      '/api/v1/sinks',
      '/api/v1/alarms',
      '/api/v1/config',
      '/api/v1/live',
    ]) {
      const answer = await fetch(monitor.url + template.replace('{model}', 'credit-default'));
      const schema = document.paths[template]?.get?.responses[answer.status]?.content?.['application/json']?.schema;
      if (schema === undefined) throw new Error(`${template} does not document ${answer.status}`);
      expect(validator(document, schema).safeParse(await answer.json()).error?.issues, template).toBeUndefined();
    }
    const explained = await fetch(`${monitor.url}/api/v1/explain?model=credit-default&unit=acct-1`);
    const schema = document.paths['/api/v1/explain']?.get?.responses[200]?.content?.['application/json']?.schema ?? {};
    expect(validator(document, schema).safeParse(await explained.json()).error?.issues).toBeUndefined();
    parsePrometheus(await (await fetch(`${monitor.url}/metrics`)).text());
  } finally {
    await monitor.stop();
  }
});
