// Headgate itself, rung by rung: each adds one capability to the one before, by configuration alone, so that the difference
// between neighbours is the price of that capability. The first stands aside: the same as the second, without the fast lane.

import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { DriftView, ModelDetail } from '../../src/admin/view.ts';
import { type Candidate, PLAIN, type Running, type Work } from '../candidate.ts';
import { ROOT } from '../conditions.ts';
import { freePort, freePorts, launch, removeFolder, temporaryFolder, waitUntil } from '../processes.ts';
import type { Targets } from '../upstreams.ts';
import { CHALLENGER_SHARE, STICKY_HEADER } from '../workload.ts';

const MODEL = 'bench';
const CLI = join(ROOT, 'src/cli.ts');
/** A scraper's usual pace is slower: this one errs on the dear side. */
const SCRAPE_MS = 1_000;

interface Rung {
  readonly id: string;
  readonly title: string;
  readonly work: Work;
  /** Whether plain requests take the fast lane; what is off goes through node:http and undici. */
  readonly fastLane: boolean;
  /** Access log and traces of 1 % of the decisions, and a scrape of /metrics every second. */
  readonly telemetry: boolean;
}

const SPLIT: Work = { ...PLAIN, split: true };
const MIRROR: Work = { ...SPLIT, mirror: true };
const CAPTURE: Work = { ...MIRROR, capture: true };
const DRIFT: Work = { ...CAPTURE, drift: true };

const RUNGS: readonly Rung[] = [
  {
    id: 'headgate-general',
    title: 'Headgate, one version, general lane',
    work: PLAIN,
    fastLane: false,
    telemetry: false,
  },
  { id: 'headgate-pass', title: 'Headgate, one version', work: PLAIN, fastLane: true, telemetry: false },
  { id: 'headgate-split', title: '+ sticky split', work: SPLIT, fastLane: true, telemetry: false },
  { id: 'headgate-telemetry', title: '+ telemetry', work: SPLIT, fastLane: true, telemetry: true },
  { id: 'headgate-mirror', title: '+ mirror 100 %', work: MIRROR, fastLane: true, telemetry: true },
  { id: 'headgate-capture', title: '+ capture 100 %, full bodies', work: CAPTURE, fastLane: true, telemetry: true },
  { id: 'headgate-drift', title: '+ drift of every column', work: DRIFT, fastLane: true, telemetry: true },
];

export const headgateRungs: readonly Candidate[] = RUNGS.map((rung) => ({
  id: rung.id,
  title: rung.title,
  work: rung.work,
  missing: () => (existsSync(CLI) ? null : 'src/cli.ts is not there'),
  start: (targets) => startRung(rung, targets),
}));

async function startRung(rung: Rung, targets: Targets): Promise<Running> {
  const [port = 0, admin = 0] = await freePorts(2);
  const folder = temporaryFolder(rung.id);
  const traces = rung.telemetry ? await startTraceSink() : null;
  const file = join(folder, 'headgate.yaml');
  writeFileSync(file, configuration(rung, targets, { port, admin, traces: traces?.port ?? 0 }));
  const gate = launch(process.execPath, [CLI, 'serve', '-c', file]);
  const scraper = rung.telemetry ? setInterval(() => void scrape(admin), SCRAPE_MS) : undefined;
  const stop = async (): Promise<void> => {
    clearInterval(scraper);
    await gate.stop();
    traces?.stop();
    removeFolder(folder);
  };
  await waitUntil(`${rung.id} is ready`, () => isReady(admin), gate).catch(async (error: Error) => {
    await stop();
    throw error;
  });
  return {
    port,
    pid: gate.pid,
    died: () => (gate.exited() ? gate.output() : null),
    stop,
    ...(rung.work.capture ? { captured: async () => (await view<ModelDetail>(admin, '')).capture.captured } : {}),
    ...(rung.work.drift ? { driftColumns: async () => watched(await view<DriftView>(admin, '/drift')) } : {}),
  };
}

async function isReady(admin: number): Promise<boolean> {
  const status = await fetch(`http://127.0.0.1:${admin}/readyz`).then(
    (answer) => answer.status,
    () => 0,
  );
  return status === 200;
}

/**
 * Without drift the bodies are captured as bytes and nobody reads them: that is protocol `raw`. Shadows may run as many at once as
 * nginx's, which has no bound, would at this load.
 */
function configuration(
  { work, fastLane, telemetry }: Rung,
  targets: Targets,
  ports: { readonly port: number; readonly admin: number; readonly traces: number },
): string {
  const version = (name: keyof Targets): string => `      ${name}: { url: "http://127.0.0.1:${targets[name]}" }`;
  const challenger = CHALLENGER_SHARE * 100;
  return [
    `listen: { host: 127.0.0.1, port: ${ports.port}, drain: 1s, fastLane: ${fastLane} }`,
    `admin: { host: 127.0.0.1, port: ${ports.admin} }`,
    'data: ./data',
    telemetry
      ? `telemetry: { logs: { level: info, access: 1% }, traces: { endpoint: "http://127.0.0.1:${ports.traces}/v1/traces", sample: 1% } }`
      : 'telemetry: { logs: { level: silent, access: 0% }, traces: { sample: 0% } }',
    'models:',
    `  ${MODEL}:`,
    `    protocol: ${work.drift ? 'open-inference' : 'raw'}`,
    `    match: { path: /v2/models/${MODEL} }`,
    '    champion: champion',
    '    versions:',
    version('champion'),
    ...(work.split ? [version('challenger')] : []),
    ...(work.mirror ? [version('shadow')] : []),
    ...(work.split
      ? [
          `    sticky: { header: ${STICKY_HEADER} }`,
          `    split: { champion: ${100 - challenger}, challenger: ${challenger} }`,
        ]
      : []),
    ...(work.mirror ? ['    mirror: { shadow: { share: 100%, calls: 1024 } }'] : []),
    work.capture ? '    capture: { sample: 100%, bodies: full }' : '    capture: { sample: 0%, bodies: none }',
    ...(work.drift ? ['    drift: { tick: 2s, provisional: 200 }'] : []),
    '',
  ].join('\n');
}

async function view<T>(admin: number, path: string): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${admin}/api/v1/models/${MODEL}${path}`);
  if (!answer.ok) throw new Error(`the admin API answered ${answer.status} for ${MODEL}${path}`);
  return (await answer.json()) as T;
}

function watched({ features }: DriftView): number {
  return features.filter(({ rows }) => rows > 0).length;
}

/** Its answer is thrown away; one that fails shows in the validation of the rung, not here. */
async function scrape(admin: number): Promise<void> {
  await fetch(`http://127.0.0.1:${admin}/metrics`)
    .then((answer) => answer.arrayBuffer())
    .catch(() => undefined);
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
