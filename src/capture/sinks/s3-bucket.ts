// Puts objects into a bucket: in one request, or in parts where an object is large, each with a checksum that the service
// verifies and keeps. An upload in parts that fails is taken back, so that no parts are left to be paid for.

import type { S3SinkPlan } from '../../config/plan.ts';
import type { HttpAnswer } from '../../http/http-client.ts';
import { sha256, signS3 } from './s3-signature.ts';
import { createSinkClient } from './sink-client.ts';

export interface Bucket {
  /** @throws SinkFailure */
  put(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A part has 5 MiB at least, but for the last one. */
export const PART_BYTES = 8 * 1024 ** 2;
const CONTENT_TYPE = 'application/zstd';
const NOTHING = new Uint8Array(0);

/** @param failed the failure of an answer that is none of success: status, the service's code, what was asked */
export function createBucket(
  plan: S3SinkPlan,
  wall: () => number,
  failed: (status: number, code: string, what: string) => Error,
): Bucket {
  const { bucket, region, credentials, addressing, timeoutMs } = plan;
  const endpoint = new URL(plan.endpoint);
  const host = addressing === 'host' ? `${bucket}.${endpoint.host}` : endpoint.host;
  const client = createSinkClient(`${endpoint.protocol}//${host}`, plan.tls, timeoutMs, 4);

  interface Asked {
    readonly method: 'PUT' | 'POST' | 'DELETE';
    readonly query?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Uint8Array;
    readonly what: string;
  }

  async function ask(key: string, { what, ...asked }: Asked, signal: AbortSignal): Promise<HttpAnswer> {
    const { method, query = {}, headers = {}, body = NOTHING } = asked;
    const path = addressing === 'host' ? `/${key}` : `/${bucket}/${key}`;
    const signed = signS3({ method, host, path, query, headers, body }, credentials, region, wall());
    const answer = await client.ask({ method, path: signed.target, headers: signed.headers, body }, signal);
    // Completing an upload may fail after its 200 has been sent.
    const code = elementOf(answer.text, 'Code');
    if (answer.status >= 300 || (code !== '' && answer.text.includes('<Error>')))
      throw failed(answer.status, code, what);
    return answer;
  }

  async function putWhole(key: string, body: Uint8Array, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': CONTENT_TYPE, 'x-amz-checksum-sha256': sha256(body).toString('base64') };
    await ask(key, { method: 'PUT', headers, body, what: 'PUT' }, signal);
  }

  async function putParts(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const begin = { 'content-type': CONTENT_TYPE, 'x-amz-checksum-algorithm': 'SHA256' };
    const begun = await ask(
      key,
      { method: 'POST', query: { uploads: '' }, headers: begin, what: 'the beginning of an upload' },
      signal,
    );
    const uploadId = elementOf(begun.text, 'UploadId');
    try {
      const parts: string[] = [];
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        const body = bytes.subarray(at, at + PART_BYTES);
        const number = parts.length + 1;
        const checksum = sha256(body).toString('base64');
        const answer = await ask(
          key,
          {
            method: 'PUT',
            query: { partNumber: String(number), uploadId },
            headers: { 'x-amz-checksum-sha256': checksum },
            body,
            what: `part ${number}`,
          },
          signal,
        );
        const etag = String(answer.headers.etag ?? '');
        parts.push(
          `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><ChecksumSHA256>${checksum}</ChecksumSHA256></Part>`,
        );
      }
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
      await ask(key, { method: 'POST', query: { uploadId }, body, what: 'the end of an upload' }, signal);
    } catch (error) {
      const abort = ask(key, { method: 'DELETE', query: { uploadId }, what: 'taking an upload back' }, signal);
      await abort.catch(() => undefined);
      throw error;
    }
  }

  return {
    put: (key, bytes, signal) =>
      bytes.length > PART_BYTES * 2 ? putParts(key, bytes, signal) : putWhole(key, bytes, signal),
    close: client.close,
  };
}

/** Text of the first element of a name; these answers are flat, and their texts hold no markup. */
function elementOf(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}
