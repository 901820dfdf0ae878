/// How long a name or an address waits after wrong passwords: some are free, then each doubles the wait.
package struct LockRule: Sendable, Hashable {
    package var freeFailures: Int
    package var firstSeconds: Int
    package var longestSeconds: Int
    /// After so long without a wrong one nothing is held against anybody.
    package var forgetSeconds: Int

    package init(freeFailures: Int, firstSeconds: Int, longestSeconds: Int, forgetSeconds: Int) {
        self.freeFailures = freeFailures
        self.firstSeconds = firstSeconds
        self.longestSeconds = longestSeconds
        self.forgetSeconds = forgetSeconds
    }

    /// The wait after so many wrong ones; 0: none.
    package func seconds(afterFailures failures: Int) -> Int {
        guard failures >= freeFailures, freeFailures > 0 else { return 0 }
        let doublings = min(failures - freeFailures, 30)
        return min(firstSeconds << doublings, max(firstSeconds, longestSeconds))
    }
}
