// Who asks what: which card holders go through which client, protocol and model. Half of the rows take Node's own HTTP
// client, the other half the clients that people use: NVIDIA's tritonclient and Python requests.

export type Client = 'node' | 'tritonclient' | 'requests';

/** One model of the gate, as this test sets it up. */
export interface GateModel {
  readonly name: string;
  readonly protocol: 'open-inference' | 'mlflow' | 'tfserving';
  /** Path of a decision, in front of the gate. */
  readonly path: string;
  /** Versions are called at an exact target, so that other paths of the model lead nowhere. */
  readonly exactTargets: boolean;
}

export const MODELS = [
  { name: 'credit-default', protocol: 'open-inference', path: '/v2/models/credit-default/infer', exactTargets: false },
  { name: 'credit-default-mlflow', protocol: 'mlflow', path: '/credit-default-mlflow/invocations', exactTargets: true },
  {
    name: 'credit-default-binary',
    protocol: 'open-inference',
    path: '/v2/models/credit-default-binary/infer',
    exactTargets: true,
  },
  {
    name: 'credit-default-v1',
    protocol: 'tfserving',
    path: '/v1/models/credit-default-v1:predict',
    exactTargets: true,
  },
] as const satisfies readonly GateModel[];

export type ModelName = (typeof MODELS)[number]['name'];

export interface Lane {
  readonly name: string;
  readonly client: Client;
  readonly model: ModelName;
  readonly server: string;
  /** Eighths of the rows that take it: remainders of the row's number. */
  readonly eighths: readonly number[];
}

export const LANES: readonly Lane[] = [
  { name: 'node-v2', client: 'node', model: 'credit-default', server: 'MLServer', eighths: [0, 1] },
  {
    name: 'node-mlflow',
    client: 'node',
    model: 'credit-default-mlflow',
    server: 'MLServer, mlflow models serve',
    eighths: [2, 3],
  },
  { name: 'triton-v2', client: 'tritonclient', model: 'credit-default', server: 'MLServer', eighths: [4] },
  { name: 'triton-binary', client: 'tritonclient', model: 'credit-default-binary', server: 'KServe', eighths: [5] },
  {
    name: 'requests-mlflow',
    client: 'requests',
    model: 'credit-default-mlflow',
    server: 'MLServer, mlflow models serve',
    eighths: [6],
  },
  { name: 'requests-v1', client: 'requests', model: 'credit-default-v1', server: 'KServe', eighths: [7] },
];

export const SHARES: Readonly<Record<string, number>> = { logistic: 0.9, boosted: 0.1 };
export const SHADOW = 'forest';
export const SHADOW_SHARE = 0.25;
export const FEATURE_COUNT = 23;
export const DECISION_PREFIX = 'real-';

export function modelOf(name: string): GateModel {
  const found = MODELS.find((model) => model.name === name);
  if (found === undefined) throw new Error(`no model of this test is called ${name}`);
  return found;
}

/** Numbers of the rows that a lane asks about, of the first `rows`. */
export function rowsOf(lane: Lane, rows: number): number[] {
  return Array.from({ length: rows }, (_, index) => index).filter((index) => lane.eighths.includes(index % 8));
}

/** The lane that a row took. */
export function laneOf(row: number): Lane {
  const found = LANES.find((lane) => lane.eighths.includes(row % 8));
  if (found === undefined) throw new Error(`row ${row} has no lane`);
  return found;
}
