/// The groups that some groups are in, remembered for a few seconds and for a bounded number of questions.
struct GroupMemory {
    /// So much later than without it a change of groups in groups is seen.
    static let seconds: Int64 = 5
    static let limit = 256

    private var known: [String: (groups: [String], since: Int64)] = [:]

    /// - Parameters:
    ///   - question: The groups that are asked about, as the directory writes them.
    ///   - now: Seconds of a clock that does not jump.
    func recall(_ question: String, now: Int64) -> [String]? {
        guard let found = known[question], now - found.since < Self.seconds else { return nil }
        return found.groups
    }

    mutating func remember(_ groups: [String], _ question: String, now: Int64) {
        if known.count >= Self.limit { known = [:] }
        known[question] = (groups, now)
    }
}
