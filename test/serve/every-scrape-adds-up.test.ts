// The accounts of capture are exact at any moment: whatever moment a scrape or a call of the API falls on, under load, what was
// received is what became of it, to the record; and received is no less than what clients have had, no more than what they sent.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AccountView, CapturesView } from '../../src/admin/view.ts';
import { createCaller } from './caller.ts';
import { scrape, settled } from './scrape.ts';
import { inferenceUpstream, startServe, type Upstream, waitFor } from './served-gate.ts';

const CLIENTS = 16;

let upstream: Upstream;
beforeAll(async () => {
  upstream = await inferenceUpstream();
});
afterAll(() => upstream.close());

const open = ({ received, captured, sampledOut, dropped, pending }: AccountView): number =>
  received - captured - sampledOut - Object.values(dropped).reduce((sum, count) => sum + count, 0) - pending;

test('received = captured + sampled out + dropped + pending, in every answer', async () => {
  const models = ['m', 'n'].map(
    (name) => `  ${name}: { versions: { one: { url: "${upstream.url}" } }, capture: { sample: 60% } }`,
  );
  const gate = await startServe(
    `listen: { host: 127.0.0.1, port: 0, drain: 1s, threads: 2 }\nadmin: { port: 0 }\nmodels:\n${models.join('\n')}\n`,
  );
  const caller = createCaller(CLIENTS);
  let over = false;
  let sent = 0;
  const load = Promise.all(
    Array.from({ length: CLIENTS }, async (_, i) => {
      while (!over) {
        await caller.ask(gate.dataUrl, { model: i % 2 === 0 ? 'm' : 'n' });
        sent += 1;
      }
    }),
  );
  await waitFor(async () => (sent > 100 ? true : undefined), 'load');
  let unfinished = 0;
  for (let i = 0; i < 60; i++) {
    const answeredBefore = sent;
    const numbers = await scrape(gate);
    // A client may have its answer before the gate has counted it, and the gate may have counted what its client has not read yet.
    expect(numbers('headgate_received_total')).toBeGreaterThanOrEqual(answeredBefore - CLIENTS);
    expect(numbers('headgate_received_total')).toBeLessThanOrEqual(sent + CLIENTS);
    const pending = numbers('headgate_capture_pending');
    const became = ['captured', 'sampled_out', 'dropped'].map((what) => numbers(`headgate_capture_${what}_total`));
    expect(became.reduce((sum, count) => sum + count, pending)).toBe(numbers('headgate_received_total'));
    let received = 0;
    for (const model of ['m', 'n']) {
      const own = numbers('headgate_model_received_total', { model });
      const left = numbers('headgate_model_records_pending', { model });
      expect(left).toBeGreaterThanOrEqual(0);
      expect(numbers('headgate_model_records_total', { model }) + left).toBe(own);
      received += own;
    }
    expect(received).toBe(numbers('headgate_received_total'));
    const askedAt = sent;
    const view = (await (await fetch(`${gate.adminUrl}/api/v1/captures`)).json()) as CapturesView;
    expect(view.total.received).toBeGreaterThanOrEqual(askedAt - CLIENTS);
    expect(view.total.received).toBeLessThanOrEqual(sent + CLIENTS);
    expect([view.total, ...view.models].map(open)).toEqual([view.total, ...view.models].map(() => 0));
    if (pending > 0) unfinished += 1;
  }
  // It was under way while it was looked at.
  expect(unfinished).toBeGreaterThan(5);
  over = true;
  await load;
  caller.close();
  const numbers = await settled(gate, sent);
  expect(numbers('headgate_received_total')).toBe(sent);
  expect(await gate.stop()).toBe(0);
}, 60_000);
