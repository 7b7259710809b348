// The model servers: three of MLServer (two replicas of logistic, one of boosted, each speaking V2 and MLflow's protocol), one
// `mlflow models serve` for the forest, one of KServe for binary tensors and V1. All on free ports of this machine, all from
// the same estimators.

import { join } from 'node:path';
import { type Child, freePorts, runChild, startChild } from './child-process.ts';
import type { ModelName } from './lanes.ts';
import { writeMlserverHome } from './mlserver-home.ts';
import type { Target } from './node-lane.ts';

/** Folders with the executables of the two Python environments. */
export interface Environments {
  readonly mlserver: string;
  readonly kserve: string;
}

type Version = 'logistic' | 'boosted' | 'forest';

export interface ModelServers {
  /** Per model of the gate and version: what asking it directly means. */
  readonly targets: Readonly<Record<ModelName, Readonly<Record<Version, Target>>>>;
  /** Where the champion answers that was trained anew (V2). */
  readonly retrained: string;
  stop(): Promise<void>;
}

interface Server {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  /** Path that answers 200 once it serves. */
  readonly health: string;
}

const PYTHON = join(import.meta.dirname, 'python');
const START_MS = 240_000;
const STOP_MS = 10_000;
// One thread a server: rows come one at a time, and the machine is shared with the gate and the clients.
const ENV = {
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MLFLOW_DISABLE_TELEMETRY: 'true',
  PYTHONUNBUFFERED: '1',
  PYTHONDONTWRITEBYTECODE: '1',
};

/** Fit the three estimators into `folder`/models. @returns the file of train.py's report */
export async function train(folder: string, environments: Environments, csv: string): Promise<string> {
  const report = join(folder, 'training.json');
  const args = [join(PYTHON, 'train.py'), csv, join(folder, 'models'), report];
  const log = join(folder, 'training.log');
  await runChild({
    name: 'training',
    command: join(environments.mlserver, 'python'),
    args,
    cwd: folder,
    env: ENV,
    log,
  });
  return report;
}

export async function startModelServers(folder: string, environments: Environments): Promise<ModelServers> {
  const [logisticA = 0, logisticB = 0, boosted = 0, forest = 0, kserve = 0, ...spare] = await freePorts(11);
  const servers = [
    mlserver(folder, environments, 'logistic', logisticA, spare.slice(0, 2)),
    mlserver(folder, environments, 'logistic', logisticB, spare.slice(2, 4)),
    mlserver(folder, environments, 'boosted', boosted, spare.slice(4, 6), ['forest', 'retrained']),
    mlflowServe(folder, environments, forest),
    kserveServer(folder, environments, kserve),
  ];
  // `mlflow models serve` starts uvicorn by name, so its folder must be on the path.
  const env = { ...ENV, PATH: `${environments.mlserver}:${process.env.PATH}` };
  const children: Child[] = servers.map(({ name, command, args }) =>
    startChild({ name, command, args, cwd: folder, env, log: join(folder, `${name}.log`) }),
  );
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop(STOP_MS)));
  };
  try {
    await Promise.all(
      servers.map(({ port, health }, index) => children[index]?.ready(`http://127.0.0.1:${port}${health}`, START_MS)),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const retrained = `http://127.0.0.1:${boosted}/v2/models/retrained/infer`;
  return { targets: targetsOf({ logistic: [logisticA, logisticB], boosted, forest, kserve }), retrained, stop };
}

function mlserver(
  folder: string,
  { mlserver: bin }: Environments,
  version: Version,
  http: number,
  [grpc = 0, metrics = 0]: readonly number[],
  also: readonly string[] = [],
): Server {
  const name = `mlserver-${version}-${http}`;
  const home = join(folder, name);
  writeMlserverHome({ folder: home, models: join(folder, 'models'), version, ports: { http, grpc, metrics }, also });
  return { name, command: join(bin, 'mlserver'), args: ['start', home], port: http, health: '/v2/health/ready' };
}

function mlflowServe(folder: string, { mlserver: bin }: Environments, port: number): Server {
  const model = join(folder, 'models', 'mlflow', 'forest');
  const args = [
    'models',
    'serve',
    '--model-uri',
    model,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--env-manager',
  ];
  return { name: 'mlflow-forest', command: join(bin, 'mlflow'), args: [...args, 'local'], port, health: '/ping' };
}

function kserveServer(folder: string, { kserve: bin }: Environments, port: number): Server {
  const versions = ['logistic', 'boosted', 'forest'];
  const estimators = versions.map((name) => `${name}=${join(folder, 'models', 'joblib', `${name}.joblib`)}`);
  const args = [join(PYTHON, 'kserve_server.py'), String(port), ...estimators];
  return { name: 'kserve', command: join(bin, 'python'), args, port, health: '/v2/health/ready' };
}

interface Ports {
  readonly logistic: readonly number[];
  readonly boosted: number;
  readonly forest: number;
  readonly kserve: number;
}

function targetsOf({ logistic, boosted, forest, kserve }: Ports): ModelServers['targets'] {
  const at = (ports: readonly number[], path: string): Target => ({
    bases: ports.map((port) => `http://127.0.0.1:${port}`),
    path,
  });
  const onKserve = (pathOf: (version: Version) => string) => ({
    logistic: at([kserve], pathOf('logistic')),
    boosted: at([kserve], pathOf('boosted')),
    forest: at([kserve], pathOf('forest')),
  });
  const infer = '/v2/models/credit-default/infer';
  return {
    'credit-default': {
      logistic: at(logistic, infer),
      boosted: at([boosted], infer),
      forest: at([boosted], '/v2/models/forest/infer'),
    },
    'credit-default-mlflow': {
      logistic: at(logistic, '/invocations'),
      boosted: at([boosted], '/invocations'),
      forest: at([forest], '/invocations'),
    },
    'credit-default-binary': onKserve((version) => `/v2/models/${version}/infer`),
    'credit-default-v1': onKserve((version) => `/v1/models/${version}:predict`),
  };
}
