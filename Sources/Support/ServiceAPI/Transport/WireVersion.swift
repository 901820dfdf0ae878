/// The version of the wire between the rooms. A room refuses a caller more than one away (architecture.md section 1).
package enum WireVersion {
    package static let current = 1

    /// Whether a room of this version may talk with one of `other`.
    package static func accepts(_ other: Int) -> Bool { abs(other - current) <= 1 }
}
