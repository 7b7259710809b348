// A caller with a few kept connections: asks, and tells what came of it. A unit goes as UTF-8 bytes, as real clients send it.

import { Agent, request } from 'node:http';

export interface Asked {
  /** 0 where the connection broke. */
  readonly status: number;
  readonly version: string;
  /** headgate-error, or ''. */
  readonly code: string;
  readonly decision: string;
  /** Whether the answer announced the end of its connection. */
  readonly closes: boolean;
  readonly body: string;
  /** What broke, or ''. */
  readonly problem: string;
}

export interface Ask {
  readonly model?: string;
  readonly unit?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Caller {
  ask(base: string, what?: Ask): Promise<Asked>;
  /** Ask for each, a few at a time. */
  askAll(base: string, whats: readonly Ask[]): Promise<Asked[]>;
  close(): void;
}

export const BODY = JSON.stringify({ inputs: [{ name: 'amount', shape: [1, 1], datatype: 'FP64', data: [12.5] }] });

export function createCaller(connections = 16): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  const ask = (base: string, { model = 'm', unit, headers = {}, body = BODY }: Ask = {}): Promise<Asked> =>
    new Promise((resolve) => {
      const bytes = unit === undefined ? {} : { 'account-id': Buffer.from(unit).toString('latin1') };
      const call = request(
        `${base}/v2/models/${model}/infer`,
        { method: 'POST', agent, headers: { ...bytes, ...headers, 'content-length': Buffer.byteLength(body) } },
        (response) => {
          const { headers: got } = response;
          const text = (name: string): string => String(got[name] ?? '');
          const end = (problem: string): void =>
            resolve({
              status: problem === '' ? (response.statusCode ?? 0) : 0,
              version: text('headgate-version'),
              code: text('headgate-error'),
              decision: text('headgate-decision'),
              closes: text('connection') === 'close',
              body: answer,
              problem,
            });
          let answer = '';
          response.on('data', (chunk: Buffer) => {
            answer += chunk.toString();
          });
          response.on('end', () => end(''));
          response.on('error', (error) => end(error.message));
        },
      );
      call.on('error', (error: NodeJS.ErrnoException) => resolve({ ...BROKEN, problem: error.code ?? error.message }));
      call.end(body);
    });

  return {
    ask,
    async askAll(base, whats) {
      const answers: Asked[] = new Array(whats.length);
      let next = 0;
      const lane = async (): Promise<void> => {
        for (let at = next++; at < whats.length; at = next++) answers[at] = await ask(base, whats[at]);
      };
      await Promise.all(Array.from({ length: connections }, lane));
      return answers;
    },
    close: () => agent.destroy(),
  };
}

const BROKEN: Asked = { status: 0, version: '', code: '', decision: '', closes: false, body: '', problem: '' };
