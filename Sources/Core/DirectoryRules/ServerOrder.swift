/// In which order the servers of a list are tried: as listed, but for those that failed a moment ago, which come last.
package struct ServerOrder: Sendable, Hashable {
    /// How long a server that failed is tried last, in seconds.
    package static let avoidedSeconds: Int64 = 30

    private var failedAt: [Int64?]

    package init(count: Int) { failedAt = Array(repeating: nil, count: count) }

    /// - Parameter now: Seconds of any clock that does not go back.
    package func order(now: Int64) -> [Int] {
        let isAvoided = failedAt.map { $0.map { now - $0 < Self.avoidedSeconds } ?? false }
        return failedAt.indices.filter { !isAvoided[$0] } + failedAt.indices.filter { isAvoided[$0] }
    }

    package mutating func failed(_ index: Int, now: Int64) {
        if failedAt.indices.contains(index) { failedAt[index] = now }
    }

    package mutating func answered(_ index: Int) {
        if failedAt.indices.contains(index) { failedAt[index] = nil }
    }
}
