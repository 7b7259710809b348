// How good predicted classes were, from counts per pair of predicted and true class: accuracy, and precision and recall of each class
// as scikit-learn has them. The number of classes is bounded; what is beyond counts for accuracy alone.

export interface ClassFigures {
  readonly n: number;
  readonly accuracy: number | null;
  /** Unweighted means over the classes; scikit-learn's average="macro", zero_division=0. Null where classes are beyond the bound. */
  readonly macroPrecision: number | null;
  readonly macroRecall: number | null;
  readonly classes: readonly {
    readonly name: string;
    readonly n: number;
    readonly precision: number | null;
    readonly recall: number | null;
  }[];
}

export interface ClassLabels {
  add(predicted: string, label: string, n: number): void;
  figures(): ClassFigures;
}

export const CLASSES_MAX = 100;

interface Tally {
  predicted: number;
  actual: number;
  both: number;
}

export function createClassLabels(): ClassLabels {
  const tallies = new Map<string, Tally>();
  let [n, right, beyond] = [0, 0, 0];

  function tallyOf(name: string): Tally | undefined {
    const found = tallies.get(name);
    if (found !== undefined || tallies.size >= CLASSES_MAX) return found;
    const made = { predicted: 0, actual: 0, both: 0 };
    tallies.set(name, made);
    return made;
  }

  return {
    add(predicted, label, rows) {
      n += rows;
      if (predicted === label) right += rows;
      const [asked, true_] = [tallyOf(predicted), tallyOf(label)];
      if (asked === undefined || true_ === undefined) beyond += rows;
      if (asked !== undefined) asked.predicted += rows;
      if (true_ !== undefined) true_.actual += rows;
      if (asked !== undefined && predicted === label) asked.both += rows;
    },
    figures() {
      const classes = [...tallies].map(([name, { predicted, actual, both }]) => ({
        name,
        n: actual,
        precision: predicted === 0 ? null : both / predicted,
        recall: actual === 0 ? null : both / actual,
      }));
      classes.sort((one, other) => (one.name < other.name ? -1 : 1));
      const mean = (of: (one: (typeof classes)[number]) => number | null): number | null =>
        classes.length === 0 || beyond > 0
          ? null
          : classes.reduce((sum, one) => sum + (of(one) ?? 0), 0) / classes.length;
      return {
        n,
        accuracy: n === 0 ? null : right / n,
        macroPrecision: mean(({ precision }) => precision),
        macroRecall: mean(({ recall }) => recall),
        classes,
      };
    },
  };
}
