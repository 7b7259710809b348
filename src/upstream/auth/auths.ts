// The list of upstream auths. Adding one is a file, a line here, and a green contract test.

import type { AuthPlan } from '../../config/plan.ts';
import { bearer } from './bearer.ts';
import { header } from './header.ts';

export const AUTHS = { bearer, header } as const;

/** @returns the headers to send with a version's credentials on them; as they are where it has none */
export function signHeaders(plan: AuthPlan | null, headers: readonly string[]): readonly string[] {
  switch (plan?.type) {
    case undefined:
      return headers;
    case 'bearer':
      return AUTHS.bearer.sign(plan, headers);
    case 'header':
      return AUTHS.header.sign(plan, headers);
  }
}
