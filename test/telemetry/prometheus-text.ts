// A strict reader of the Prometheus text format 0.0.4, for tests: whatever it accepts, every scraper accepts.
// https://prometheus.io/docs/instrumenting/exposition_formats/

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** @throws on the first line that is not exactly as the format has it */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('the text must end with a newline');
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let help: { name: string; text: string } | null = null;
  let current: ParsedFamily | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, keyword, name = '', rest = ''] = comment;
      if (!NAME.test(name)) throw new Error(`not a metric name: ${line}`);
      if (keyword === 'HELP') {
        if (rest.trim() === '') throw new Error(`no help: ${line}`);
        help = { name, text: rest };
        continue;
      }
      if (families.has(name)) throw new Error(`a second TYPE: ${line}`);
      if (help?.name !== name) throw new Error(`TYPE without its HELP: ${line}`);
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw new Error(`not a type: ${line}`);
      current = { name, type: rest, help: help.text, samples: [] };
      families.set(name, current);
      continue;
    }
    if (line.startsWith('#')) throw new Error(`neither HELP nor TYPE: ${line}`);
    const sample = parseSample(line);
    if (current === null) throw new Error(`before any TYPE: ${line}`);
    const suffix = sample.name.slice(current.name.length);
    if (!sample.name.startsWith(current.name) || !(SUFFIXES[current.type] ?? ['']).includes(suffix)) {
      throw new Error(`not of the family ${current.name}: ${line}`);
    }
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(key)) throw new Error(`a second sample: ${line}`);
    seen.add(key);
    if (current.type === 'counter' && !(sample.value >= 0)) throw new Error(`a counter below zero: ${line}`);
    current.samples.push(sample);
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

function parseSample(line: string): ParsedFamily['samples'][number] {
  const head = /^([^{\s]+)(\{)?/.exec(line);
  const name = head?.[1] ?? '';
  if (!NAME.test(name)) throw new Error(`not a metric name: ${line}`);
  let at = name.length;
  const labels: Record<string, string> = {};
  if (head?.[2] === '{') {
    at++;
    const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\})/y;
    for (;;) {
      label.lastIndex = at;
      const found = label.exec(line);
      if (found === null) throw new Error(`not a label at ${at}: ${line}`);
      const [whole, key = '', value = '', end] = found;
      if (key in labels) throw new Error(`a label twice: ${line}`);
      labels[key] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
      at += whole.length;
      if (end === '}') break;
    }
  }
  const value = /^ (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/.exec(line.slice(at))?.[1];
  if (value === undefined) throw new Error(`not a value: ${line}`);
  return { name, labels, value: value.endsWith('Inf') ? Number(`${value}inity`) : Number(value) };
}

/** Buckets rise with their bound, `+Inf` is there and equals the count, and a sum goes with it. */
function checkHistogram({ name, samples }: ParsedFamily): void {
  const groups = new Map<string, ParsedFamily['samples']>();
  for (const sample of samples) {
    const { le: _, ...rest } = sample.labels;
    const key = JSON.stringify(Object.entries(rest).sort());
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map((bucket) => (bucket.labels.le === '+Inf' ? Infinity : Number(bucket.labels.le)));
    for (let i = 1; i < buckets.length; i++) {
      if (!((bounds[i] ?? 0) > (bounds[i - 1] ?? 0))) throw new Error(`${name} ${key}: bounds do not rise`);
      if ((buckets[i]?.value ?? 0) < (buckets[i - 1]?.value ?? 0)) throw new Error(`${name} ${key}: counts fall`);
    }
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    if (bounds.at(-1) !== Infinity || buckets.at(-1)?.value !== count)
      throw new Error(`${name} ${key}: +Inf is not count`);
    if (!group.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name} ${key}: no sum`);
  }
}
