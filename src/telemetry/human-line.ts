// A JSON log line as a person at a terminal wants it: time, level, who, what happened, and the facts behind it.

const COLOURS: Readonly<Record<string, string>> = { debug: '2', info: '32', warn: '33', error: '31', fatal: '1;31' };

export function humanLine(json: string): string {
  const { level, time, thread, msg, err, ...facts } = parsed(json);
  const name = String(level ?? '');
  const parts = [
    `\x1b[2m${String(time ?? '').slice(11, 19)}\x1b[0m`,
    `\x1b[${COLOURS[name] ?? '0'}m${name.padEnd(5)}\x1b[0m`,
    ...(thread === undefined ? [] : [`\x1b[2m${thread}\x1b[0m`]),
    ...(msg === undefined ? [] : [String(msg)]),
    ...Object.entries(facts).map(([key, value]) => `\x1b[2m${key}=\x1b[0m${shown(value)}`),
  ];
  return `${parts.join(' ')}${problem(err)}\n`;
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? { ...value } : { msg: value };
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** The stack of an error, on lines of its own. */
function problem(err: unknown): string {
  if (typeof err !== 'object' || err === null) return err === undefined ? '' : ` ${shown(err)}`;
  const stack = 'stack' in err && typeof err.stack === 'string' ? err.stack : JSON.stringify(err);
  return `\n  ${stack.replaceAll('\n', '\n  ')}`;
}
