/// What a job can reach.
package enum SandboxNetwork: Sendable, Hashable {
    /// A network of its own with nothing in it but its own 127.0.0.1 (and `SandboxJob.loopback`).
    case none
    /// The outside, by a network stack of its own in user space (slirp4netns): other machines and the names of the resolver. This
    /// machine's 127.0.0.1 and its abstract sockets stay out of reach.
    case outside
}
