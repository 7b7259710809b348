// Why the gate did not start, for the person who tried: the text is all they need, a stack would only hide it.

export class StartError extends Error {
  /** One of EXIT. */
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
