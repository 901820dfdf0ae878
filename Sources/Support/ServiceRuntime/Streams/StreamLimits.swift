/// The bounds of one stream.
package struct StreamLimits: Sendable, Hashable {
    /// Events and bytes that wait for a reader.
    package var events = 256
    package var bytes = 1 << 20
    /// A reader that takes nothing for this long is cut.
    package var stall: Duration = .seconds(30)
    package var heartbeat: Duration = .seconds(10)

    package init() {}
}
