// Families as text, in Prometheus's format 0.0.4. A scrape of 400 models has 80,000 lines and runs on the thread that also takes
// in records: so what never changes of a line is made once, and a histogram that has not moved is not written again.

export type Labels = Readonly<Record<string, string>>;

/** One line of the exposition. */
export interface Sample {
  readonly value: number;
  readonly labels: Labels;
}

interface FamilyHead {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
}

export interface Family extends FamilyHead {
  samples(): readonly Sample[];
}

/** A family that writes its lines itself. */
export interface WrittenFamily extends FamilyHead {
  /** Every line ends with a line break. */
  lines(): string;
}

export function textOf(family: Family | WrittenFamily): string {
  const { name, help, type } = family;
  const lines = 'lines' in family ? family.lines() : linesOf(name, family.samples());
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines}`;
}

function linesOf(name: string, samples: readonly Sample[]): string {
  let text = '';
  for (const { value, labels } of samples) text += line(lineHead(name, labelsText(labels)), value);
  return text;
}

/** @param labels as labelsText made them, '' for none */
export const lineHead = (name: string, labels: string): string => (labels === '' ? `${name} ` : `${name}{${labels}} `);

export function line(head: string, value: number): string {
  if (Number.isFinite(value)) return `${head}${value}\n`;
  return `${head}${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}\n`;
}

export function labelsText(labels: Labels): string {
  let text = '';
  for (const label of Object.keys(labels))
    text += `${text === '' ? '' : ','}${label}="${escaped(labels[label] ?? '')}"`;
  return text;
}

/** As the format wants a label's value. */
function escaped(value: string): string {
  if (!/[\\\n"]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
