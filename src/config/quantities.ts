// The small values of a configuration: durations, sizes, percentages, names, paths, URLs. Each one checks the text and gives
// the value of the Plan. Messages are `problem; remedy`; {value} is filled in later, by reference where it is a secret.

import { z } from 'zod';
import { parseDuration, parsePercent, parseSize } from '../kernel/units.ts';

/** The longest wait that a timer can hold: 2^31 - 1 ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

interface Quantity {
  readonly noun: string;
  readonly example: string;
  /** For editors only; `parse` decides. */
  readonly pattern: string;
}

function quantity<T>(about: Quantity, parse: (text: string) => T | undefined) {
  const message = `{value} is not ${about.noun}; write it like ${about.example}`;
  return z
    .string({ error: message })
    .meta({ pattern: about.pattern })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** Milliseconds. */
export function duration(example: string, minimum: 'positive' | 'zero' = 'positive') {
  const noun = minimum === 'zero' ? 'a duration up to 24d' : 'a duration above zero, up to 24d';
  return quantity({ noun, example, pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' }, (text) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms > TIMER_MS_MAX) return undefined;
    return ms > 0 || minimum === 'zero' ? ms : undefined;
  });
}

/** Milliseconds; `none` is 0: no limit. */
export function durationOrNone(example: string) {
  const noun = 'a duration above zero, or none';
  return quantity({ noun, example, pattern: '^(none|\\d+(\\.\\d+)?(ms|s|m|h|d))$' }, (text) => {
    if (text === 'none') return 0;
    const ms = parseDuration(text);
    return ms !== undefined && ms > 0 && ms <= TIMER_MS_MAX ? ms : undefined;
  });
}

/** Milliseconds that something is kept: longer than any timer. */
export function age(example: string) {
  return quantity({ noun: 'an age above zero', example, pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' }, (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms > 0 && Number.isSafeInteger(Math.round(ms)) ? ms : undefined;
  });
}

/** Whole bytes, above zero. @param maximum a size as people write it */
export function size(example: string, maximum?: string) {
  const most = maximum === undefined ? Number.MAX_SAFE_INTEGER : (parseSize(maximum) ?? 0);
  const noun = maximum === undefined ? 'a size in whole bytes' : `a size in whole bytes up to ${maximum}`;
  const about = { noun, example, pattern: '^\\d+(\\.\\d+)?(B|KB|MB|GB|KiB|MiB|GiB)$' };
  return quantity(about, (text) => {
    const bytes = parseSize(text);
    return bytes !== undefined && bytes > 0 && bytes <= most && Number.isSafeInteger(bytes) ? bytes : undefined;
  });
}

/** A fraction, 0 to 1. */
export function percent(example: string) {
  return quantity({ noun: 'a percentage from 0% to 100%', example, pattern: '^\\d+(\\.\\d+)?%$' }, parsePercent);
}

export function whole(minimum: number, maximum: number) {
  const message = `{value} is not a whole number from ${minimum} to ${maximum}; write one that is`;
  return z
    .number({ error: message })
    .int({ error: message })
    .min(minimum, { error: message })
    .max(maximum, { error: message });
}

/** Text that is not empty. */
export function words() {
  return z.string().min(1, { error: 'the text is empty; write something, or leave the key out' });
}

/** Text that is never shown, fit for the value of a header. */
export function secret() {
  const message = 'the value is not one line of text; put it in quotes, and remove line breaks from the secret';
  return z
    .string({ error: message })
    .min(1, { error: 'the secret is empty; set it, or leave the key out' })
    .regex(/^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/, { error: message })
    .meta({ writeOnly: true });
}

/** A bearer token (RFC 6750 section 2.1), never shown: what is not one no caller could send, or no server would read. */
export function bearerToken() {
  const remedy = 'use letters, digits and -._~+/ only, and = at its end, without blanks or line breaks';
  const error = `the value is not a bearer token (RFC 6750); ${remedy}`;
  return z
    .string({ error })
    .min(1, { error: 'the secret is empty; set it, or leave the key out' })
    .regex(/^(?:[A-Za-z0-9._~+/-]+=*)?$/, { error })
    .meta({ writeOnly: true });
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // RFC 9110 section 5.6.2

/** Lower case. */
export function headerName() {
  return quantity({ noun: 'the name of a header', example: 'account-id', pattern: TOKEN.source }, (text) =>
    TOKEN.test(text) ? text.toLowerCase() : undefined,
  );
}

/** Key of a map of headers. Names are one word in any case: written twice, they are a problem of the Plan's making. */
export function headerKey() {
  return z.string().regex(TOKEN, { error: 'this is not the name of a header; write it like account-id' });
}

/** Value that a header must have. Whole: no line could carry a control character, or a blank at an end (RFC 9110 section 5.5). */
export function headerValue() {
  return z.string({ error: 'the value of a header is text; put {value} in quotes' }).refine(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    (text) => !/[\x00-\x08\x0a-\x1f\x7f]|^[\t ]|[\t ]$/.test(text),
    { error: 'the value has a control character, or a blank at an end, and no header has; leave it out' },
  );
}

/** Upper case. */
export function method() {
  return quantity({ noun: 'a method', example: 'POST', pattern: TOKEN.source }, (text) =>
    TOKEN.test(text) ? text.toUpperCase() : undefined,
  );
}

/** Name of a model or a version: it becomes a path, a header, a label and a folder. */
export function name() {
  return z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, {
    error: 'this is no name; use up to 128 letters, digits, dots, dashes and underscores, a letter or digit first',
  });
}

/** Path prefix on a segment border, without its trailing slash; `/` is ''. */
export function pathPrefix() {
  return quantity({ noun: 'a path', example: '/v2/models/NAME', pattern: '^/[^?#\\s]*$' }, (text) => {
    if (!/^\/[\x21-\x7e]*$/.test(text) || /[?#]|\/\//.test(text)) return undefined;
    return text.endsWith('/') ? text.slice(0, -1) : text;
  });
}

/** Path with a query, sent as it stands. */
export function target() {
  return quantity({ noun: 'a path', example: '/v2/health/ready', pattern: '^/[^#\\s]*$' }, (text) =>
    /^\/[\x21-\x7e]*$/.test(text) && !text.includes('#') ? text : undefined,
  );
}

/** Host name or address without a port, lower case. */
export function hostName() {
  return quantity({ noun: 'a host without a port', example: 'models.example.com', pattern: '^[^/:\\s]+$' }, (text) => {
    const plain = /^(?:[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/.test(text);
    return plain ? text.toLowerCase() : undefined;
  });
}

/** A JSON pointer (RFC 6901), kept as text. */
export function pointer() {
  const about = { noun: 'a JSON pointer', example: '/inputs/0/data', pattern: '^(/([^~]|~[01])*)+$' };
  return quantity(about, (text) => (/^(?:\/(?:[^~/]|~[01])*)+$/.test(text) ? text : undefined));
}

/** A JSON pointer, or the name of a header in lower case: they cannot be taken for each other. */
export function pointerOrHeader() {
  const about = { noun: 'a JSON pointer or the name of a header', example: '/instances/*/card', pattern: '^\\S+$' };
  return quantity(about, (text) => {
    if (text.startsWith('/')) return /^(?:\/(?:[^~/]|~[01])*)+$/.test(text) ? text : undefined;
    return TOKEN.test(text) ? text.toLowerCase() : undefined;
  });
}

/** Unescaped reference tokens of a pointer that `pointer` has let through. */
export function pointerTokens(text: string): readonly string[] {
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** One value, or a list of at least one. */
export function oneOrMany<Leaf extends z.ZodType>(leaf: Leaf) {
  const list = z.array(leaf).min(1, { error: 'the list is empty; name at least one, or leave the key out' });
  return z.union([leaf.transform((one) => [one]), list]);
}
