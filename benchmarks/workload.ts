// The one workload of every candidate: which requests are sent and which answers come back, to the byte.
// Requests are all of one length, so that a pool of them is a flat file that wrk's script and our own generator both read.

/** Distinct requests in the pool: as many units, each with its own feature values. */
const POOL_REQUESTS = 1000;
export const TARGET = '/v2/models/bench/infer';
export const STICKY_HEADER = 'account-id';
/** Share of the units that a splitting candidate must give to the challenger. */
export const CHALLENGER_SHARE = 0.1;

export type Version = 'champion' | 'challenger' | 'shadow';

export function unitName(index: number): string {
  return `acct-${String(index).padStart(8, '0')}`;
}

/** Body of a request: four named features in the open inference protocol, 291 bytes. */
export function requestBody(index: number): string {
  const amount = 1000 + ((index * 7919) % 9000);
  const minutes = 100 + ((index * 104_729) % 900);
  const age = 20 + (index % 70);
  const country = ['AT', 'BE', 'CH', 'DE', 'FR', 'IT', 'NL', 'PL'][index % 8];
  return JSON.stringify({
    id: unitName(index),
    inputs: [
      { name: 'amount', shape: [1, 1], datatype: 'FP64', data: [amount + 0.25] },
      { name: 'minutes', shape: [1, 1], datatype: 'INT64', data: [minutes] },
      { name: 'age', shape: [1, 1], datatype: 'INT64', data: [age] },
      { name: 'country', shape: [1, 1], datatype: 'BYTES', data: [country] },
    ],
  });
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
export function requestBytes(index: number): Buffer {
  const body = requestBody(index);
  const head = [
    `POST ${TARGET} HTTP/1.1`,
    'Host: models.internal',
    'User-Agent: headgate-bench',
    'Accept: application/json',
    'Content-Type: application/json',
    `${STICKY_HEADER}: ${unitName(index)}`,
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

export function createPool(count: number = POOL_REQUESTS): Pool {
  const requests = Array.from({ length: count }, (_, index) => requestBytes(index));
  const size = requests[0]?.length ?? 0;
  if (requests.some((request) => request.length !== size)) throw new Error('requests of the pool differ in length');
  return { bytes: Buffer.concat(requests), count, size };
}
