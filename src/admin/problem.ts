// What the admin side answers when it cannot do as asked: one table, RFC 9457 bodies, each with its remedy.

import type { z } from '@hono/zod-openapi';
import type { problemSchema } from './openapi.ts';

const PROBLEMS = {
  bad_request: [400, 'The request is not as the API wants it'],
  token_missing: [401, 'The admin side needs its token'],
  token_wrong: [401, 'The token is not the one configured'],
  cross_site: [403, 'The request comes from another site'],
  not_found: [404, 'There is no such thing here'],
  method_not_allowed: [405, 'The path does not take this method'],
  body_too_large: [413, 'The request body is over the limit'],
  content_type: [415, 'The body must be JSON'],
  host_unknown: [421, 'The request names another host'],
  not_assigned: [422, 'Nothing is assigned by this unit'],
  reload_failed: [422, 'The new configuration was not taken'],
  outcomes_invalid: [422, 'Something among them is not an outcome'],
  busy: [503, 'Too many questions wait already'],
  outcomes_full: [507, 'The log of outcomes is full'],
  internal: [500, 'The admin side met a fault of its own'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type ProblemCode = keyof typeof PROBLEMS;
export type Problem = z.infer<typeof problemSchema>;

/** @param detail what was asked, and what to do now */
export function problemOf(code: ProblemCode, detail: string, problems?: readonly string[]): Problem {
  const [status, title] = PROBLEMS[code];
  return { type: `urn:headgate:${code}`, title, status, detail, code, ...(problems === undefined ? {} : { problems }) };
}

export function problemAnswer(
  code: ProblemCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const problem = problemOf(code, detail);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

/** Names as a remedy lists them: at most 20. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}
