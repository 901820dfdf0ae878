/// What one text may cost. Aliases and merge keys count as often as they are used, so a small text cannot unfold into a large one.
package struct YAMLLimits: Sendable, Hashable {
    package var bytes: Int
    /// Mappings and sequences inside each other.
    package var depth: Int
    /// Over all documents of the text, keys included. An alias pays for each 64 bytes of text that it repeats as for a node.
    package var nodes: Int

    package init(bytes: Int = 4 << 20, depth: Int = 100, nodes: Int = 200_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }

    package static let `default` = YAMLLimits()
}
