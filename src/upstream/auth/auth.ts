// The contract of upstream auth: a plugin puts credentials on one outgoing call. Credentials come from the Plan and go
// nowhere else; they are never logged, recorded or shown.

import type { AuthPlan } from '../../config/plan.ts';

export interface Auth<Type extends AuthPlan['type'] = AuthPlan['type']> {
  readonly type: Type;
  /** @returns the headers to send, in place of the flat `headers` */
  sign(plan: Extract<AuthPlan, { readonly type: Type }>, headers: readonly string[]): readonly string[];
}

/** Flat headers with every occurrence of one name replaced by a single value. @param name lower case */
export function replaceHeader(headers: readonly string[], name: string, value: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const key = headers[i] as string;
    if (key.length !== name.length || key.toLowerCase() !== name) out.push(key, headers[i + 1] as string);
  }
  out.push(name, value);
  return out;
}
