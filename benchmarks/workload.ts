// The one workload of every candidate: which requests are sent and which answers come back, to the byte.
// Requests of one shape are all of one length, so that a pool of them is a flat file that wrk's script and our own generator both
// read.

/** Distinct requests in the pool: as many units, each with its own feature values. */
const POOL_REQUESTS = 1000;
/** A pool of long bodies holds fewer. */
const POOL_BYTES_MAX = 64 * 2 ** 20;
export const STICKY_HEADER = 'account-id';
/** Share of the units that a splitting candidate must give to the challenger. */
export const CHALLENGER_SHARE = 0.1;

export type Version = 'champion' | 'challenger' | 'shadow';

/** How a candidate is spoken to, where not as a model server is. */
export interface Dialect {
  readonly pathPrefix: string;
  /** Lines of the head. */
  readonly headers: readonly string[];
}

export const PLAIN_DIALECT: Dialect = { pathPrefix: '', headers: [] };

export interface Shape extends Dialect {
  /** Least length of a body; 0: what its four features take. */
  readonly bodyBytes: number;
  /** Models that are asked in turn. */
  readonly models: number;
}

export const SHAPE: Shape = { ...PLAIN_DIALECT, bodyBytes: 0, models: 1 };

export function unitName(index: number): string {
  return `acct-${String(index).padStart(8, '0')}`;
}

/** Of fixed length, so that many models cost no longer head than one. */
export function modelName(index: number): string {
  return `bench-${String(index).padStart(3, '0')}`;
}

export function targetOf(model: number): string {
  return `/v2/models/${modelName(model)}/infer`;
}

/** Where a request goes that asks the first model. */
export const TARGET = targetOf(0);

/**
 * Body of a request: four named features in the open inference protocol, 291 bytes.
 * @param bodyBytes where more than that: filled up with one more input, a long text as an encoded picture would be
 */
export function requestBody(index: number, bodyBytes = 0): string {
  const amount = 1000 + ((index * 7919) % 9000);
  const minutes = 100 + ((index * 104_729) % 900);
  const age = 20 + (index % 70);
  const country = ['AT', 'BE', 'CH', 'DE', 'FR', 'IT', 'NL', 'PL'][index % 8];
  const body = (more: readonly object[]): string =>
    JSON.stringify({
      id: unitName(index),
      inputs: [
        { name: 'amount', shape: [1, 1], datatype: 'FP64', data: [amount + 0.25] },
        { name: 'minutes', shape: [1, 1], datatype: 'INT64', data: [minutes] },
        { name: 'age', shape: [1, 1], datatype: 'INT64', data: [age] },
        { name: 'country', shape: [1, 1], datatype: 'BYTES', data: [country] },
        ...more,
      ],
    });
  const filler = (length: number): object[] => [
    { name: 'picture', shape: [1, 1], datatype: 'BYTES', data: ['iVBORw0K'.repeat(length / 8 + 1).slice(0, length)] },
  ];
  if (body([]).length >= bodyBytes) return body([]);
  return body(filler(Math.max(0, bodyBytes - body(filler(0)).length)));
}

/** Body of an answer: 119 bytes, of which one tells the version. */
export function answerBody(version: Version): string {
  const number = { champion: '1', challenger: '2', shadow: '3' }[version];
  return JSON.stringify({
    model_name: 'bench',
    model_version: number,
    outputs: [{ name: 'scores', shape: [1], datatype: 'FP64', data: [0.07315] }],
  });
}

/** A whole HTTP/1.1 request as it goes over the wire. */
export function requestBytes(index: number, shape: Shape = SHAPE): Buffer {
  const body = requestBody(index, shape.bodyBytes);
  const head = [
    `POST ${shape.pathPrefix}${targetOf(index % shape.models)} HTTP/1.1`,
    'Host: models.internal',
    'User-Agent: headgate-bench',
    'Accept: application/json',
    'Content-Type: application/json',
    `${STICKY_HEADER}: ${unitName(index)}`,
    ...shape.headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

export interface Pool {
  readonly bytes: Buffer;
  readonly count: number;
  /** Length of each request in bytes. */
  readonly size: number;
}

export function createPool(shape: Shape = SHAPE, count: number = POOL_REQUESTS): Pool {
  const size = requestBytes(0, shape).length;
  const fitting = Math.min(count, Math.max(1, Math.floor(POOL_BYTES_MAX / size)));
  const requests = Array.from({ length: fitting }, (_, index) => requestBytes(index, shape));
  if (requests.some((request) => request.length !== size)) throw new Error('requests of the pool differ in length');
  return { bytes: Buffer.concat(requests), count: fitting, size };
}
