// A message's signature, as Standard Webhooks has it (github.com/standard-webhooks, specification 1.0): HMAC-SHA-256 over id, time
// and body, so that a receiver knows that the gate sent it, that it is whole, and that it is no old one.

import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** @param secret `whsec_` and base64, or any other text, taken as it stands */
export function signatureHeaders(secret: string, id: string, wallMs: number, body: string): Record<string, string> {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
  const at = String(Math.floor(wallMs / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` };
}
