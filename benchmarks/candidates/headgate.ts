export const headgateRungs: readonly import('../candidate.ts').Candidate[] = [];
