// How much later an event of a stream arrives: an upstream sends one every 20 ms, and each is stamped as it is written.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createSeededRandom } from '../../src/kernel/random.ts';
import type { Candidate } from '../candidate.ts';
import { direct } from '../candidates/direct.ts';
import { headgate } from '../candidates/headgate.ts';
import { nginxStream } from '../candidates/nginx-plain.ts';
import { figuresOf } from '../compare.ts';
import { EVERYTHING, PASS } from '../gate.ts';
import type { Bench, Findings, Section, Spread } from '../section.ts';
import type { StreamOrder, StreamReply } from '../servers/stream-process.ts';
import { ascending, percentile, shuffled } from '../statistics.ts';
import { spread } from '../summary.ts';
import { inMs, spreadText } from '../words.ts';
import { TARGET } from '../workload.ts';

const ROUNDS = 4;
const STREAMS = 32;
const EVERY_MS = 20;
const EVENTS = 150;
/** Before what counts, so that code is compiled: as many streams, fewer events. */
const WARM_UP_EVENTS = 50;
const PROCESS = fileURLToPath(new URL('../servers/stream-process.ts', import.meta.url));

const CANDIDATES: readonly Candidate[] = [
  direct,
  nginxStream,
  headgate('headgate-pass', 'Headgate, one version', PASS),
  headgate('headgate-drift', 'Headgate, everything on', EVERYTHING),
];

export const stream: Section = {
  id: 'stream',
  title: 'Events of a stream',
  seconds: ({ rounds }) =>
    5 + (rounds ?? ROUNDS) * CANDIDATES.length * (((EVENTS + WARM_UP_EVENTS) * EVERY_MS) / 1000 + 1.5),
  run: streams,
};

interface Ages {
  readonly candidate: string;
  readonly round: number;
  readonly p50: number;
  readonly p99: number;
}

async function streams(bench: Bench): Promise<Findings> {
  const rounds = bench.options.rounds ?? ROUNDS;
  const child = fork(PROCESS, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ready = await heard(child);
  if (ready.kind !== 'ready') throw new Error('the streams did not start');
  const { port } = ready;
  const random = createSeededRandom(bench.options.seed);
  const measured: Ages[] = [];
  const warnings: string[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      bench.say(`  round ${round} of ${rounds}`);
      for (const candidate of shuffled(CANDIDATES, random)) {
        const running = await candidate.start(
          { champion: port, challenger: port, shadow: port },
          bench.placements.candidate,
        );
        try {
          const order = { port: running.port, path: TARGET, streams: STREAMS, everyMs: EVERY_MS };
          await asked(child, { ...order, events: WARM_UP_EVENTS });
          const { agesUs, missing } = await asked(child, { ...order, events: EVENTS });
          if (missing > 0) warnings.push(`${candidate.id}: ${missing} events never came`);
          const sorted = ascending(agesUs);
          measured.push({
            candidate: candidate.id,
            round,
            p50: percentile(sorted, 0.5),
            p99: percentile(sorted, 0.99),
          });
        } finally {
          await running.stop();
        }
      }
    }
  } finally {
    child.disconnect();
  }
  return findings(measured, warnings, rounds);
}

function heard(child: ChildProcess): Promise<StreamReply> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the process of the streams ended'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as StreamReply);
    });
  });
}

async function asked(child: ChildProcess, order: StreamOrder): Promise<Extract<StreamReply, { kind: 'result' }>> {
  child.send(order);
  const reply = await heard(child);
  if (reply.kind !== 'result') throw new Error(reply.kind === 'failed' ? reply.why : 'no answer of the streams');
  return reply;
}

function findings(measured: readonly Ages[], warnings: readonly string[], rounds: number): Findings {
  const own = (id: string): readonly Ages[] => measured.filter(({ candidate }) => candidate === id);
  const added = (id: string, figure: 'p50' | 'p99'): Spread =>
    spread(
      own(id).map((ages) => ages[figure] - (own(direct.id).find(({ round }) => round === ages.round)?.[figure] ?? 0)),
    );
  return {
    tables: [
      {
        title: `${STREAMS} streams, an event every ${EVERY_MS} ms: ms from written to read`,
        head: ['candidate', 'p50', 'p99', 'added p50', 'added p99'],
        rows: CANDIDATES.map(({ id, title }) => [
          title,
          spreadText(inMs(spread(own(id).map(({ p50 }) => p50))), 2),
          spreadText(inMs(spread(own(id).map(({ p99 }) => p99))), 2),
          spreadText(inMs(added(id, 'p50')), 2),
          spreadText(inMs(added(id, 'p99')), 2),
        ]),
      },
    ],
    figures: figuresOf(
      Object.fromEntries(
        CANDIDATES.flatMap(({ id }) => [
          [`stream/${id}/added-p50-us`, added(id, 'p50')],
          [`stream/${id}/added-p99-us`, added(id, 'p99')],
        ]),
      ),
    ),
    notes: [
      `${rounds} rounds of ${EVENTS} events a stream; median of the rounds (lowest..highest), added: to no proxy in the same round. With everything on, the stream is also asked of the shadow, and captured.`,
      'Both ends are one process, which has work to do for each event: that is in every figure, and in no proxy alone.',
    ],
    warnings,
  };
}
