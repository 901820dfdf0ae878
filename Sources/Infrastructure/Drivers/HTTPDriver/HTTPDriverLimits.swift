/// How long and how often an http driver is asked.
package struct HTTPDriverLimits: Sendable {
    /// For one request and its answer.
    package var request = Duration.seconds(60)
    /// For one action, all its repetitions included: below the runner's own limit.
    package var action = Duration.seconds(3000)
    /// Between two requests; doubled each time up to the longest, and never shorter than the driver asks for.
    package var firstPause = Duration.seconds(1)
    package var longestPause = Duration.seconds(30)
    /// Attempts in a row that bring no usable answer (no connection, 429, 5xx).
    package var attempts = 5

    package init() {}
}
