import { expect, test } from 'vitest';
import { isLoopback } from '../../src/http/loopback.ts';

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.0.0.2', '127.255.255.254', '::1', '[::1]', '0:0:0:0:0:0:0:1'])(
  '%s is this machine',
  (host) => expect(isLoopback(host)).toBe(true),
);

test.each([
  '',
  '0.0.0.0',
  '::',
  '[::]',
  '128.0.0.1',
  '10.127.0.1',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '127.1',
  '127.0.0.256',
  '::1%lo',
  '[::1',
])('%s is not, or may not be', (host) => expect(isLoopback(host)).toBe(false));
