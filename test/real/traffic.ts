// All lanes at once: what goes through the gate, and a line of progress now and then.

import { bodyOf } from './bodies.ts';
import type { CardHolder } from './card-holders.ts';
import type { Gate } from './gate.ts';
import { LANES, type Lane, laneOf, modelOf, rowsOf } from './lanes.ts';
import type { Environments, ModelServers } from './model-servers.ts';
import { createAsk, headerOf, type Outcome, runNodeLane } from './node-lane.ts';
import { runPythonLane } from './python-lane.ts';

const PROGRESS_MS = 30_000;
const NODE_CONCURRENCY = 2;

export interface Setting {
  readonly holders: readonly CardHolder[];
  readonly csv: string;
  readonly folder: string;
  readonly environments: Environments;
  readonly gate: Gate;
  readonly servers: ModelServers;
}

/** Every row once through the gate and once directly, each by its lane. */
export async function runAllLanes(setting: Setting): Promise<ReadonlyMap<Lane, readonly Outcome[]>> {
  const started = performance.now();
  const done = new Map<Lane, number>();
  const say = (what: string) => console.log(`real: ${Math.round((performance.now() - started) / 1000)} s: ${what}`);
  const timer = setInterval(() => {
    say([...done].map(([{ name }, count]) => `${name} ${count}`).join(', '));
  }, PROGRESS_MS);
  try {
    const all = Promise.all(
      LANES.map(async (lane) => {
        const result = await runLane(setting, lane, (count) => done.set(lane, count));
        done.delete(lane);
        say(`${lane.name} is done, ${result.length} rows`);
        return [lane, result] as const;
      }),
    );
    return new Map(await Promise.race([all, setting.gate.died()]));
  } finally {
    clearInterval(timer);
  }
}

function runLane(setting: Setting, lane: Lane, progress: (done: number) => void): Promise<Outcome[]> {
  const { holders, gate, servers, csv, folder, environments } = setting;
  const { path, protocol } = modelOf(lane.model);
  const common = { gate: { bases: [gate.base], path }, targets: servers.targets[lane.model], progress };
  if (isPython(lane)) {
    const rows = rowsOf(lane, holders.length);
    return runPythonLane({ ...common, lane, rows, csv, folder, bin: environments.mlserver });
  }
  const own = holders.filter(({ row }) => laneOf(row) === lane);
  return runNodeLane(own, { ...common, body: bodyOf[protocol], concurrency: NODE_CONCURRENCY });
}

function isPython(lane: Lane): lane is Lane & { readonly client: 'tritonclient' | 'requests' } {
  return lane.client !== 'node';
}

/** The version that answers some rows now, asked through each row's model. @returns row -> version */
export async function versionsNow(
  gate: Gate,
  holders: readonly CardHolder[],
): Promise<ReadonlyMap<number, string | null>> {
  const { ask, close } = createAsk(NODE_CONCURRENCY * 2);
  const versions = new Map<number, string | null>();
  const waiting = holders.values();
  const worker = async (): Promise<void> => {
    for (const holder of waiting) {
      const { path, protocol } = modelOf(laneOf(holder.row).model);
      const answer = await ask(gate.base + path, bodyOf[protocol](holder), {
        'content-type': 'application/json',
        'account-id': holder.unit,
        'headgate-decision': `again-${holder.row}`,
      });
      if (answer.status !== 200)
        throw new Error(`row ${holder.row} is answered ${answer.status}: ${answer.body.subarray(0, 300)}`);
      versions.set(holder.row, headerOf(answer, 'headgate-version'));
    }
  };
  await Promise.all(Array.from({ length: NODE_CONCURRENCY * 2 }, worker));
  close();
  return versions;
}
