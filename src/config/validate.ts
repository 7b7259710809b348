// The schema against located values: every issue becomes a problem at its own line, with a remedy. What is wrong is then left
// out and the rest is read again, so that the checks that follow find their problems in the same run. Nothing that was left
// out is ever used: one problem is enough to refuse the whole.

import type { z } from 'zod';
import { child, deepest, type Located, plainOf, shown } from './located.ts';
import { suggest } from './nearest.ts';
import type { Findings } from './problem.ts';

type Issue = z.core.$ZodIssue;

const ROUNDS_MAX = 20;

/** @returns what could be read, or undefined where nothing could */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  node: Located,
  findings: Findings,
): z.output<Schema> | undefined {
  const plain = plainOf(node);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const result = schema.safeParse(plain, { error: knownKeys });
    if (result.success) return result.data;
    const issues = result.error.issues
      .flatMap((issue) => leaves(issue, []))
      .filter((issue) => !readAsNumber(plain, node, issue));
    for (const issue of issues) if (!isTold(plain, node, issue)) report(issue, node, findings);
    if (issues.some(({ code, path }) => path.length === 0 && code !== 'unrecognized_keys')) return undefined;
    const faults = issues.flatMap((issue) => faultsOf(plain, issue));
    for (const path of faults) remove(plain, path);
  }
  return undefined;
}

/** For an unknown key the schema's message is the list of its keys; every other message is made below, or in the schema. */
function knownKeys(issue: z.core.$ZodRawIssue): string {
  if (issue.code !== 'unrecognized_keys') return '';
  const shape: unknown =
    issue.inst?._zod.def !== undefined && 'shape' in issue.inst._zod.def ? issue.inst._zod.def.shape : {};
  return Object.keys(shape ?? {}).join(' ');
}

/** The issue with its whole path; of a choice between shapes, the issues of the shape that was meant. */
function leaves(issue: Issue, above: readonly PropertyKey[]): Issue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((branch) => !branch.some(isOtherShape));
    const branch = meant ?? (issue.message === '' ? issue.errors[0] : undefined);
    if (branch !== undefined) return branch.flatMap((one) => leaves(one, path));
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ ...issue, path, message }];
}

function isOtherShape({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

/** Text from the environment stands for a number or a yes where one is expected. @returns whether it now does */
function readAsNumber(plain: unknown, node: Located, issue: Issue): boolean {
  const found = child(node, ...issue.path);
  if (issue.code !== 'invalid_type' || found?.kind !== 'scalar' || !found.interpolated || found.broken) return false;
  const text = String(found.value);
  let value: number | boolean;
  if (issue.expected === 'boolean' && (text === 'true' || text === 'false')) value = text === 'true';
  else if ((issue.expected === 'number' || issue.expected === 'int') && /^-?\d+(\.\d+)?$/.test(text))
    value = Number(text);
  else return false;
  const holder = plainAt(plain, issue.path.slice(0, -1));
  const key = issue.path.at(-1);
  if (holder === undefined || key === undefined || Object.is(holder[key], value)) return false;
  holder[key] = value;
  return true;
}

function plainAt(plain: unknown, path: readonly PropertyKey[]): Record<PropertyKey, unknown> | undefined {
  let here: unknown = plain;
  for (const key of path) here = isHolder(here) ? here[key] : undefined;
  return isHolder(here) ? here : undefined;
}

function isHolder(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A value that could not be read, or one that stands in the file and was left out: its own problem is known already. */
function isTold(plain: unknown, node: Located, issue: Issue): boolean {
  const found = child(node, ...issue.path);
  if (found?.kind === 'scalar' && found.broken) return true;
  const key = issue.path.at(-1);
  return key !== undefined && found !== undefined && plainAt(plain, issue.path.slice(0, -1))?.[key] === undefined;
}

function report(issue: Issue, node: Located, findings: Findings): void {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ');
    const map = deepest(node, issue.path);
    for (const key of issue.keys) findings.atKey(map, key, 'unknown key', suggest(key, known, 'keys here'));
    return;
  }
  const last = String(issue.path.at(-1) ?? '');
  const parent = deepest(node, issue.path.slice(0, -1));
  const found = child(node, ...issue.path);
  if (issue.code === 'invalid_key') findings.atKey(parent, last, ...split(issue.message));
  else if (found === undefined) findings.atKey(parent, last, `${last} is missing`, 'add it');
  else reportValue(issue, found, findings);
}

function reportValue(issue: Issue, found: Located, findings: Findings): void {
  const [problem, remedy] = split(issue.message === '' ? generic(issue, found) : issue.message);
  const word =
    found.kind === 'scalar' && !found.interpolated && typeof found.value === 'string' ? found.value : undefined;
  const choices = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const told =
    issue.message === '' && word !== undefined && choices.length > 0 ? suggest(word, choices, 'choose from') : remedy;
  findings.at(
    found,
    problem.replace('{value}', () => shown(found)),
    told.replace('{value}', () => shown(found)),
  );
}

function split(message: string): [problem: string, remedy: string] {
  const border = message.lastIndexOf('; ');
  return border < 0 ? [message, 'correct it'] : [message.slice(0, border), message.slice(border + 2)];
}

function generic(issue: Issue, found: Located): string {
  switch (issue.code) {
    case 'invalid_type':
      return `{value} is not ${EXPECTED[issue.expected] ?? 'of the right kind'}; ${remedyOf(issue.expected, found)}`;
    case 'invalid_value':
      return `{value} is not a choice here; choose from ${issue.values.map(String).join(', ')}`;
    default:
      return '{value} does not fit here; look at `headgate schema`';
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function remedyOf(expected: string, found: Located): string {
  if (expected === 'object' || expected === 'record') return 'write `key: value` pairs below it';
  if (expected === 'array') return 'write a list such as [a, b]';
  if (expected === 'string' && found.kind === 'scalar' && found.value !== null) return 'put it in quotes';
  return expected === 'boolean' ? 'write true or false' : 'give it a value, or leave the key out';
}

/** Paths of the values at fault; a list goes as a whole, and so does a map that lacks a key. */
function faultsOf(plain: unknown, issue: Issue): (readonly PropertyKey[])[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key]);
  let path = issue.path;
  const missing = plainAt(plain, path.slice(0, -1))?.[path.at(-1) ?? ''] === undefined;
  if (missing) path = path.slice(0, -1);
  while (path.length > 0 && Array.isArray(plainAt(plain, path.slice(0, -1)))) path = path.slice(0, -1);
  return [path];
}

function remove(plain: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  const holder = plainAt(plain, path.slice(0, -1));
  if (key !== undefined && holder !== undefined) delete holder[key];
}
