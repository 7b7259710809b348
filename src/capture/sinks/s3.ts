// Writes rows as objects of a bucket: NDJSON, compressed by zstd, named by the day and by the first record in it. So a batch that
// is delivered again, after a kill, takes the place of its first attempt: a reader of the bucket sees no record twice.

import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { S3SinkPlan } from '../../config/plan.ts';
import { faultOfStatus } from '../../http/http-client.ts';
import { rowJson } from './row-json.ts';
import { createBucket } from './s3-bucket.ts';
import { type Sink, SinkFailure, type SinkRecord } from './sink.ts';

const compress = promisify(zstdCompress);

export const s3 = {
  type: 's3',
  open(plan, wall) {
    const bucket = createBucket(plan, wall, (status, code, what) => {
      const fault = faultOfStatus(status) ?? 'status';
      return new SinkFailure(fault, `${plan.endpoint}, bucket ${plan.bucket}: ${what} was answered ${status} ${code}`);
    });
    return {
      isKnownByFirst: true,
      async deliver(records, settle, signal) {
        const [first] = records;
        if (first === undefined) return;
        signal.throwIfAborted();
        const text = records.map(({ row }) => `${rowJson(row)}\n`);
        await bucket.put(objectKey(first, plan), await compress(Buffer.from(text.join(''))), signal);
        for (const record of records) settle(record);
      },
      close: bucket.close,
    };
  },
} as const satisfies Sink<'s3'>;

/** PREFIX/date=2026-11-25/REPLICA-000000000001.ndjson.zst, by the first record. */
function objectKey({ row }: SinkRecord, { prefix }: S3SinkPlan): string {
  const day = new Date(row.at).toISOString().slice(0, 10);
  const name = `date=${day}/${row.replica}-${String(row.sequence).padStart(12, '0')}.ndjson.zst`;
  return prefix === '' ? name : `${prefix}/${name}`;
}
