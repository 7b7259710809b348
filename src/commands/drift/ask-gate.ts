// Asks a running gate's admin API for drift and for quality. What can go wrong - no gate, no token, no such model - is an answer in words with an
// exit code, never a stack trace.

import type { DriftView, ModelSummary } from '../../admin/view.ts';
import type { AlarmView } from '../../alarms/alarms.ts';
import type { QualityView } from '../../quality/quality-view.ts';
import { EXIT } from '../exit-codes.ts';

export interface Gate {
  /** Base URL of the admin side. */
  readonly admin: string;
  readonly token: string | undefined;
}

export type Answer<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly problem: string; readonly code: number };

const ANSWER_MS_MAX = 30_000;

/** @param asked parameters of the query */
export function askDrift(
  gate: Gate,
  model: string,
  asked: Readonly<Record<string, string>>,
): Promise<Answer<DriftView>> {
  return ask(gate, `api/v1/models/${encodeURIComponent(model)}/drift?${new URLSearchParams(asked)}`);
}

export function askAlarms(gate: Gate, model: string): Promise<Answer<{ readonly alarms: readonly AlarmView[] }>> {
  return ask(gate, `api/v1/alarms?${new URLSearchParams({ model })}`);
}

export function askModels(gate: Gate): Promise<Answer<{ readonly models: readonly ModelSummary[] }>> {
  return ask(gate, 'api/v1/models');
}

export function askQuality(gate: Gate, model: string): Promise<Answer<QualityView>> {
  return ask(gate, `api/v1/models/${encodeURIComponent(model)}/quality`);
}

async function ask<Body>({ admin, token }: Gate, path: string): Promise<Answer<Body>> {
  if (!URL.canParse(admin) || !/^https?:/.test(admin)) {
    return { ok: false, problem: `--admin: ${JSON.stringify(admin)} is no http URL`, code: EXIT.usage };
  }
  const url = new URL(path, admin.endsWith('/') ? admin : `${admin}/`);
  try {
    const answer = await fetch(url, {
      headers: token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (answer.ok) return { ok: true, body: (await answer.json()) as Body };
    return { ok: false, ...refusal(answer.status, await answer.text(), admin) };
  } catch (error) {
    const why = reasonOf(error);
    const problem = `No gate answers at ${admin} (${why}). Start one with headgate serve, or name its admin side with --admin.`;
    return { ok: false, problem, code: EXIT.unavailable };
  }
}

function refusal(status: number, text: string, admin: string): { readonly problem: string; readonly code: number } {
  if (status === 401) {
    const problem = `${admin} asks for its token: set HEADGATE_ADMIN_TOKEN to the value of admin.token.`;
    return { problem, code: EXIT.unavailable };
  }
  const problem = detailOf(text) ?? `${admin} answered ${status}; is it the admin side of a gate?`;
  return { problem, code: status === 404 && detailOf(text) !== null ? EXIT.data : EXIT.unavailable };
}

function detailOf(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : null;
  } catch {
    return null;
  }
}

/** fetch hides the socket's reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.name === 'TimeoutError' ? `nothing within ${ANSWER_MS_MAX / 1000} s` : error.message;
}
