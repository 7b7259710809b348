// A wait that can be cut short: what a sink does while there is nothing to deliver, or while the other side is left in peace.

export interface Pause {
  wait(ms: number): Promise<void>;
  /** End the wait under way; every later one ends at once. */
  end(): void;
  readonly isOver: boolean;
}

export function createPause(): Pause {
  let isOver = false;
  let wake = (): void => undefined;
  return {
    async wait(ms) {
      if (isOver) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    end() {
      isOver = true;
      wake();
    },
    get isOver() {
      return isOver;
    },
  };
}
