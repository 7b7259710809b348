// From the command to the first answer: with one model and with 400, beside an empty program of Node and nginx.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { figuresOf } from '../compare.ts';
import { ROOT } from '../conditions.ts';
import { configuration, EVERYTHING, isReady } from '../gate.ts';
import { freePorts, launch, type Process, removeFolder, temporaryFolder, waitUntil } from '../processes.ts';
import type { Bench, Findings, Section } from '../section.ts';
import { spread } from '../summary.ts';
import { startUpstreams, type Targets } from '../upstreams.ts';
import { spreadText } from '../words.ts';
import { requestBody, STICKY_HEADER, TARGET, unitName } from '../workload.ts';

const TIMES = 7;
const MODELS = [1, 400];
const PROBE_MS = 2;
const DEADLINE_MS = 20_000;

export const start: Section = {
  id: 'start',
  title: 'From the command to the first answer',
  seconds: () => 5 + TIMES * 5,
  run: starts,
};

interface Started {
  readonly readyMs: number;
  readonly answeredMs: number;
}

async function starts(bench: Bench): Promise<Findings> {
  const upstreams = await startUpstreams();
  const measured = new Map<number, Started[]>(MODELS.map((models) => [models, []]));
  const bare: number[] = [];
  try {
    for (let time = 0; time < TIMES; time++) {
      bare.push(await emptyProgram(bench));
      for (const models of MODELS) measured.get(models)?.push(await startOnce(bench, models, upstreams.ports));
    }
  } finally {
    await upstreams.stop();
  }
  const of = (models: number, figure: keyof Started) =>
    spread((measured.get(models) ?? []).map((each) => each[figure]));
  return {
    tables: [
      {
        title: 'ms from the command',
        head: ['', '/readyz says 200', 'a request is answered'],
        rows: [
          ...MODELS.map((models) => [
            `Headgate, everything on, ${models} ${models === 1 ? 'model' : 'models'}`,
            spreadText(of(models, 'readyMs'), 0),
            spreadText(of(models, 'answeredMs'), 0),
          ]),
          ['an empty program of Node, to its end', spreadText(spread(bare), 0), '-'],
        ],
      },
    ],
    figures: figuresOf(
      Object.fromEntries(
        MODELS.flatMap((models) => [
          [`start/${models}/ready-ms`, of(models, 'readyMs')],
          [`start/${models}/answered-ms`, of(models, 'answeredMs')],
        ]),
      ),
    ),
    everywhere: true,
    notes: [
      `${TIMES} starts of each in turn, on all cores, with files in the page cache; median (lowest..highest). Asked every ${PROBE_MS} ms.`,
    ],
    warnings: [],
  };
}

async function emptyProgram({ placements }: Bench): Promise<number> {
  const from = performance.now();
  const empty = launch(process.execPath, ['-e', '0'], placements.everywhere);
  await waitUntil('an empty program ends', async () => empty.exited(), undefined, DEADLINE_MS, PROBE_MS);
  const took = performance.now() - from;
  await empty.stop();
  return took;
}

async function startOnce({ placements }: Bench, models: number, targets: Targets): Promise<Started> {
  const [port = 0, admin = 0] = await freePorts(2);
  const folder = temporaryFolder('start');
  const file = join(folder, 'headgate.yaml');
  writeFileSync(file, configuration({ ...EVERYTHING, telemetry: false, models }, targets, { port, admin, traces: 0 }));
  const from = performance.now();
  const gate: Process = launch(
    process.execPath,
    [join(ROOT, 'src/cli.ts'), 'serve', '-c', file],
    placements.everywhere,
  );
  try {
    await waitUntil('the gate is ready', () => isReady(admin), gate, DEADLINE_MS, PROBE_MS);
    const readyMs = performance.now() - from;
    await waitUntil('a request is answered', () => isAnswered(port), gate, DEADLINE_MS, PROBE_MS);
    return { readyMs, answeredMs: performance.now() - from };
  } finally {
    await gate.stop();
    removeFolder(folder);
  }
}

async function isAnswered(port: number): Promise<boolean> {
  const headers = { 'content-type': 'application/json', [STICKY_HEADER]: unitName(1) };
  const status = await fetch(`http://127.0.0.1:${port}${TARGET}`, {
    method: 'POST',
    headers,
    body: requestBody(1),
  }).then(
    (answer) => answer.status,
    () => 0,
  );
  return status === 200;
}
