import PlatformModel

/// How much of an organisation's logs is kept: at most so old, and at most so many bytes, the newest first.
package struct RetentionRule: Sendable, Hashable {
    package var maximumAge: Duration
    package var maximumBytes: Int64

    package init(maximumAge: Duration, maximumBytes: Int64) {
        self.maximumAge = maximumAge
        self.maximumBytes = maximumBytes
    }

    /// A span of the log, such as an hour of it.
    package struct Span: Sendable, Hashable {
        /// The time of its newest line.
        package var end: Timestamp
        package var bytes: Int64

        package init(end: Timestamp, bytes: Int64) {
            self.end = end
            self.bytes = bytes
        }
    }

    /// The same for a limit that new lines stop at: the oldest go before it is reached, to leave so much room; but not those of the hour
    /// that is being written, however many they are.
    package func cutoff(of spans: [Span], now: Timestamp, headroom: Int64) -> Timestamp? {
        var rule = self
        rule.maximumBytes = max(0, maximumBytes - headroom)
        let past = spans.filter { $0.end <= now }
        let current = spans.filter { $0.end > now }.reduce(0) { $0 + $1.bytes }
        rule.maximumBytes = max(0, rule.maximumBytes - current)
        return rule.cutoff(of: past, now: now)
    }

    /// The time up to which (inclusive) everything goes; nil when all may stay. A span goes as a whole.
    package func cutoff(of spans: [Span], now: Timestamp) -> Timestamp? {
        let oldest = now.milliseconds - Int64(maximumAge / .milliseconds(1))
        var kept: Int64 = 0
        for span in spans.sorted(by: { $0.end > $1.end }) {
            kept += span.bytes
            if span.end.milliseconds < oldest || kept > maximumBytes { return span.end }
        }
        return nil
    }
}
