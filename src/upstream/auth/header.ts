// A key in a header of any name (`x-api-key`, `datarobot-key`), in place of whatever the caller sent under it.

import type { Auth } from './auth.ts';
import { replaceHeader } from './auth.ts';

export const header = {
  type: 'header',
  sign: (plan, headers) => replaceHeader(headers, plan.name.toLowerCase(), plan.value),
} as const satisfies Auth<'header'>;
