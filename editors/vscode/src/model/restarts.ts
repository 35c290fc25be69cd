// How often a server that ends by itself is started again.

const MOST = 3;
const WITHIN_MS = 3 * 60_000;

/** Allows a few ends within a while: what ends more often than that will go on to. */
export class Restarts {
    private ends: number[] = [];

    /** Notes an end, and says whether another start is worth it. */
    isWorthIt(now: number): boolean {
        this.ends = [...this.ends.filter((end) => now - end < WITHIN_MS), now];
        return this.ends.length <= MOST;
    }
}
