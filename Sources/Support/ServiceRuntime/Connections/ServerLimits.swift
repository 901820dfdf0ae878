/// The bounds of a server. Sizes in bytes.
package struct ServerLimits: Sendable, Hashable {
    /// One header, and all of them; 431 beyond.
    package var headerSize = 32 << 10
    package var headSize = 64 << 10
    /// The same between rooms, where one header tells a principal's roles: 30 to 90 bytes for each application, so 12,000 of them at least.
    package var roomHeaderSize = 1 << 20
    package var roomHeadSize = (1 << 20) + (64 << 10)
    package var headerCount = 100
    /// From the first byte of a request (or the connection) to the end of its head, a TLS handshake included.
    package var headTimeout: Duration = .seconds(10)
    /// Between requests, and without progress while a request is read.
    package var idleTimeout: Duration = .seconds(75)
    /// Open connections of one address of the network; further ones are closed at once. 0: no limit.
    package var connectionsPerAddress = 256
    /// Open connections of one listener; further ones wait in the kernel's queue.
    package var connections = 1024
    package var backlog: Int32 = 512

    package init() {}
}
