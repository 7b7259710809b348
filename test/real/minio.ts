// MinIO, a server that speaks S3, as a process: started, killed and started again on its port and its folder; its buckets read
// with another maker's client.

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { type Child, freePorts, startChild } from './child-process.ts';
import { linesOf, readBack } from './read-back.ts';

export interface Minio {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Unless it runs. */
  start(): Promise<void>;
  /** SIGKILL, as a machine that fails. */
  kill(): Promise<void>;
  /** SIGSTOP, as a machine that hangs; SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  createBucket(name: string): void;
  /** An empty one. */
  deleteBucket(name: string): void;
  /** Everything in a bucket, read with boto3, which verifies checksums; in the order of the names. */
  objects(bucket: string): readonly BucketObject[];
}

export interface BucketObject {
  readonly name: string;
  readonly bytes: number;
  readonly lines: readonly string[];
}

const READY_MS = 60_000;

/** @param program the executable @param folder for its data and its log */
export async function createMinio(program: string, folder: string): Promise<Minio> {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const [port = 0] = await freePorts(1);
  const [accessKeyId, secretAccessKey] = ['headgate-test', 'a secret/with+signs='];
  const endpoint = `http://127.0.0.1:${port}`;
  let child: Child | null = null;
  const ask = (bucket: string, into: string): string[] =>
    readBack('read_bucket.py', endpoint, bucket, accessKeyId, secretAccessKey, into);
  return {
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
    async start() {
      if (child !== null) return;
      child = startChild({
        name: 'minio',
        command: program,
        args: ['server', join(folder, 'data'), '--address', `127.0.0.1:${port}`],
        cwd: folder,
        env: { MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey, MINIO_UPDATE: 'off' },
        log: join(folder, 'minio.log'),
      });
      await child.ready(`${endpoint}/minio/health/ready`, READY_MS);
    },
    async kill() {
      await child?.kill();
      child = null;
    },
    signal: (signal) => child?.signal(signal),
    createBucket: (name) => void ask(name, 'CREATE'),
    deleteBucket: (name) => void ask(name, 'DELETE'),
    objects(bucket) {
      const got = join(folder, 'got');
      rmSync(got, { recursive: true, force: true });
      return ask(bucket, got).map((name) => {
        const bytes = readFileSync(join(got, name));
        return { name, bytes: bytes.length, lines: linesOf(zstdDecompressSync(bytes).toString()) };
      });
    },
  };
}
