/// Root file systems of this machine's container images.
package protocol ImageShelf: Sendable {
    /// The image's files, unpacked where every user may read them, and its defaults.
    func unpacked(_ image: String) async throws(ImageError) -> UnpackedImage
}

package struct UnpackedImage: Sendable, Hashable {
    /// The root file system. Nothing in it is changed by anybody.
    package var folder: String
    package var environment: [String: String]
    /// Entry point and command.
    package var command: [String]

    package init(folder: String, environment: [String: String], command: [String]) {
        self.folder = folder
        self.environment = environment
        self.command = command
    }
}

/// Why an image cannot be used.
package struct ImageError: Error, Sendable, Hashable {
    package var message: String
    package var isTransient: Bool

    package init(_ message: String, isTransient: Bool = false) {
        self.message = message
        self.isTransient = isTransient
    }
}
