// Headgate as a benchmark starts it: written as the YAML that people write, started as people start it. What varies is named in a
// setup; everything else is as it comes.

import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { DriftView } from '../src/admin/view.ts';
import type { Running, Work } from './candidate.ts';
import { ROOT } from './conditions.ts';
import type { Placement } from './placement.ts';
import { freePort, freePorts, launch, removeFolder, temporaryFolder, waitUntil } from './processes.ts';
import type { Targets } from './upstreams.ts';
import { CHALLENGER_SHARE, modelName, STICKY_HEADER, targetOf } from './workload.ts';

const CLI = join(ROOT, 'src/cli.ts');
/** A scraper's usual pace is slower: this one errs on the dear side. */
const SCRAPE_MS = 1_000;

export interface Setup {
  readonly work: Work;
  /** Whether plain requests take the fast lane; what is off goes through node:http and undici. */
  readonly fastLane: boolean;
  /** Access log and traces of 1 % of the decisions, and a scrape of /metrics every second. */
  readonly telemetry: boolean;
  readonly threads: number;
  readonly models: number;
  /** Rules of each model that are looked at and do not hold. */
  readonly rules: number;
  /** Whether bodies beyond the usual 256 KiB are held, so that they are mirrored and captured whole. */
  readonly longBodies: boolean;
  /** How often drift is computed, and after how many rows a baseline is taken from what was seen. The defaults are 1m and 1000. */
  readonly drift: { readonly tick: string; readonly provisional: number };
  /** Whether an answer waits until its record is on disk. */
  readonly acked: boolean;
  /** For the program of Node, before the command. */
  readonly nodeArguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export const PASS: Setup = {
  work: { split: false, mirror: false, capture: false, drift: false },
  fastLane: true,
  telemetry: false,
  threads: 1,
  models: 1,
  rules: 0,
  longBodies: false,
  drift: { tick: '2s', provisional: 200 },
  acked: false,
  nodeArguments: [],
  environment: {},
};

/** Sticky split, every request mirrored, every exchange captured with its bodies, every column's drift, telemetry. */
export const EVERYTHING: Setup = {
  ...PASS,
  work: { split: true, mirror: true, capture: true, drift: true },
  telemetry: true,
};

export interface RunningGate extends Running {
  readonly pid: number;
  readonly admin: number;
  /** Its configuration, to be written anew for a reload. */
  readonly file: string;
}

export function whyNoGate(): string | null {
  return existsSync(CLI) ? null : 'src/cli.ts is not there';
}

export async function startGate(setup: Setup, targets: Targets, placement: Placement): Promise<RunningGate> {
  const [port = 0, admin = 0] = await freePorts(2);
  const folder = temporaryFolder('gate');
  const traces = setup.telemetry ? await startTraceSink() : null;
  const file = join(folder, 'headgate.yaml');
  writeFileSync(file, configuration(setup, targets, { port, admin, traces: traces?.port ?? 0 }));
  const environment = Object.entries(setup.environment).map(([name, value]) => `${name}=${value}`);
  const prefix = environment.length === 0 ? placement : [...placement, 'env', ...environment];
  const gate = launch(process.execPath, [...setup.nodeArguments, CLI, 'serve', '-c', file], prefix);
  const scraper = setup.telemetry
    ? setInterval(() => void readMetrics(admin).catch(() => undefined), SCRAPE_MS)
    : undefined;
  const stop = async (): Promise<void> => {
    clearInterval(scraper);
    await gate.stop();
    traces?.stop();
    removeFolder(folder);
  };
  await waitUntil('the gate is ready', () => isReady(admin), gate).catch(async (error: Error) => {
    await stop();
    throw error;
  });
  const { work, models } = setup;
  return {
    port,
    admin,
    file,
    pid: gate.pid,
    died: () => (gate.exited() ? gate.output() : null),
    stop,
    ...(work.capture
      ? { captured: async () => sumOf(await readMetrics(admin), 'headgate_capture_captured_total') }
      : {}),
    ...(work.drift ? { driftColumns: () => watchedColumns(admin, modelName(models - 1)) } : {}),
  };
}

export async function isReady(admin: number): Promise<boolean> {
  const status = await fetch(`http://127.0.0.1:${admin}/readyz`).then(
    (answer) => answer.status,
    () => 0,
  );
  return status === 200;
}

export async function readMetrics(admin: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
}

/** Sum over all series of a metric, in the text that Prometheus reads. */
export function sumOf(metrics: string, name: string): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    if (line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}

/** A model without traffic has no columns, and no drift is no error. */
async function watchedColumns(admin: number, model: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${admin}/api/v1/models/${model}/drift`);
  if (!answer.ok) throw new Error(`the admin API answered ${answer.status} for the drift of ${model}`);
  const { features } = (await answer.json()) as DriftView;
  return features.filter(({ rows }) => rows > 0).length;
}

/**
 * Without drift the bodies are captured as bytes and nobody reads them: that is protocol `raw`. Shadows may run as many at once as
 * nginx's, which has no bound, would at this load.
 */
export function configuration(
  setup: Setup,
  targets: Targets,
  ports: { readonly port: number; readonly admin: number; readonly traces: number },
): string {
  const { fastLane, telemetry, threads, longBodies } = setup;
  return [
    `listen: { host: 127.0.0.1, port: ${ports.port}, drain: 1s, fastLane: ${fastLane}, threads: ${threads}${longBodies ? ', body: { buffer: 1MiB }' : ''} }`,
    `admin: { host: 127.0.0.1, port: ${ports.admin} }`,
    'data: ./data',
    'captures: { keep: 512MiB }',
    telemetry
      ? `telemetry: { logs: { level: info, access: 1% }, traces: { endpoint: "http://127.0.0.1:${ports.traces}/v1/traces", sample: 1% } }`
      : 'telemetry: { logs: { level: silent, access: 0% }, traces: { sample: 0% } }',
    'models:',
    ...Array.from({ length: setup.models }, (_, index) => modelLines(setup, targets, index)).flat(),
    '',
  ].join('\n');
}

function modelLines({ work, rules, longBodies, acked, drift }: Setup, targets: Targets, index: number): string[] {
  const version = (name: keyof Targets): string => `      ${name}: { url: "http://127.0.0.1:${targets[name]}" }`;
  const challenger = CHALLENGER_SHARE * 100;
  const shares = `{ champion: ${100 - challenger}, challenger: ${challenger} }`;
  return [
    `  ${modelName(index)}:`,
    `    protocol: ${work.drift ? 'open-inference' : 'raw'}`,
    `    match: { path: ${targetOf(index).replace('/infer', '')} }`,
    '    champion: champion',
    '    versions:',
    version('champion'),
    ...(work.split ? [version('challenger')] : []),
    ...(work.mirror ? [version('shadow')] : []),
    ...(work.split ? [`    sticky: { header: ${STICKY_HEADER} }`, `    split: ${shares}`] : []),
    ...(rules === 0 ? [] : ['    rules:']),
    ...Array.from(
      { length: rules },
      (_, rule) => `      - { when: { header: { region: "region-${rule}" } }, split: ${shares} }`,
    ),
    ...(work.mirror
      ? [`    mirror: { shadow: { share: 100%, calls: 1024${longBodies ? ', bytes: 256MiB' : ''} } }`]
      : []),
    work.capture
      ? `    capture: { sample: 100%, bodies: full${acked ? ', durability: acked' : ''} }`
      : '    capture: { sample: 0%, bodies: none }',
    ...(work.drift ? [`    drift: { tick: ${drift.tick}, provisional: ${drift.provisional} }`] : []),
  ];
}

/** Takes spans and forgets them, as a collector would from Headgate's side. */
async function startTraceSink(): Promise<{ readonly port: number; stop(): void }> {
  const port = await freePort();
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
