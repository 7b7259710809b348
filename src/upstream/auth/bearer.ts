// A bearer token (RFC 6750) in place of whatever the caller sent: the gate's credentials for the upstream are its own.

import type { Auth } from './auth.ts';
import { replaceHeader } from './auth.ts';

export const bearer = {
  type: 'bearer',
  sign: (plan, headers) => replaceHeader(headers, 'authorization', `Bearer ${plan.token}`),
} as const satisfies Auth<'bearer'>;
