// Signature Version 4 against the examples of the S3 API reference ("Signature Calculations for the Authorization Header").

import { expect, it } from 'vitest';
import { signS3 } from '../../../src/capture/sinks/s3-signature.ts';

const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const AT = Date.UTC(2013, 4, 24);
const request = { host: 'examplebucket.s3.amazonaws.com', query: {}, headers: {}, body: new Uint8Array(0) };
const signature = (text: string | undefined): string => text?.split('Signature=')[1] ?? '';

it('GET Object', () => {
  const { headers } = signS3(
    { ...request, method: 'GET', path: '/test.txt', headers: { range: 'bytes=0-9' } },
    CREDENTIALS,
    'us-east-1',
    AT,
  );
  expect(signature(headers.authorization)).toBe('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
});

it('PUT Object, with a name that has to be encoded', () => {
  const { headers, target } = signS3(
    {
      ...request,
      method: 'PUT',
      path: '/test$file.text',
      headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      body: Buffer.from('Welcome to Amazon S3.'),
    },
    CREDENTIALS,
    'us-east-1',
    AT,
  );
  expect(target).toBe('/test%24file.text');
  expect(signature(headers.authorization)).toBe('98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd');
});

it('GET Bucket lifecycle, and a list with its parameters in order', () => {
  const lifecycle = signS3(
    { ...request, method: 'GET', path: '/', query: { lifecycle: '' } },
    CREDENTIALS,
    'us-east-1',
    AT,
  );
  expect(signature(lifecycle.headers.authorization)).toBe(
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  );
  const list = signS3(
    { ...request, method: 'GET', path: '/', query: { prefix: 'J', 'max-keys': '2' } },
    CREDENTIALS,
    'us-east-1',
    AT,
  );
  expect(list.target).toBe('/?max-keys=2&prefix=J');
  expect(signature(list.headers.authorization)).toBe(
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  );
});
