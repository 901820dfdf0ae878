/// How long to wait before a container is started again: 1 s, doubled with every exit up to 60 s, and forgotten once it has run
/// for 60 s. Times are milliseconds of a steady clock.
struct Backoff: Sendable, Hashable {
    static let first: Int64 = 1000
    static let longest: Int64 = 60_000
    static let forgottenAfter: Int64 = 60_000

    /// Exits in a row, without a long run between them.
    private(set) var exits = 0

    mutating func exited(afterRunning duration: Int64) -> Int64 {
        if duration >= Self.forgottenAfter { exits = 0 }
        exits += 1
        return min(Self.longest, Self.first << Int64(min(exits - 1, 10)))
    }

    mutating func ran(for duration: Int64) {
        if duration >= Self.forgottenAfter { exits = 0 }
    }
}
