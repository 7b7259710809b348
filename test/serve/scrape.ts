// The numbers of a running gate, as Prometheus would read them.

import { parsePrometheus } from '../telemetry/prometheus-text.ts';
import { waitFor } from './served-gate.ts';

/** The sum of all samples of a name whose labels have these values; 0 where there is none. */
export type Numbers = (name: string, labels?: Readonly<Record<string, string>>) => number;

export async function scrape(gate: { readonly adminUrl: string }): Promise<Numbers> {
  const families = parsePrometheus(await (await fetch(`${gate.adminUrl}/metrics`)).text());
  return (name, labels = {}) => {
    const samples = [...families.values()].flatMap((family) => family.samples.filter((one) => one.name === name));
    const wanted = samples.filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value));
    return wanted.reduce((sum, { value }) => sum + value, 0);
  };
}

/** received = captured + sampledOut + dropped: everything that ended has become something. */
export function isAccountedFor(numbers: Numbers): boolean {
  const [captured, sampledOut, dropped] = ['captured', 'sampled_out', 'dropped'].map((what) =>
    numbers(`headgate_capture_${what}_total`),
  );
  return numbers('headgate_received_total') === (captured ?? 0) + (sampledOut ?? 0) + (dropped ?? 0);
}

/** Numbers taken once nothing is in flight and every exchange so far is accounted for. */
export function settled(gate: { readonly adminUrl: string }, received = 0): Promise<Numbers> {
  return waitFor(async () => {
    const numbers = await scrape(gate);
    const quiet = numbers('headgate_inflight') === 0 && numbers('headgate_version_inflight') === 0;
    return quiet && numbers('headgate_received_total') >= received && isAccountedFor(numbers) ? numbers : undefined;
  }, 'a quiet gate with everything accounted for');
}
