import Glibc

/// Root file systems of this machine's container images.
package protocol ImageShelf: Sendable {
    /// The image's files, unpacked where every user may read them, and its defaults. The caller releases the lease when nothing uses the
    /// folder any more.
    func unpacked(_ image: String) async throws(ImageError) -> UnpackedImage
}

/// An image as a sandbox can show it.
package struct UnpackedImage: Sendable {
    /// The root file system. Nothing in it is changed by anybody.
    package var folder: String
    package var environment: [String: String]
    package var entryPoint: [String]
    /// What follows the entry point, unless somebody says otherwise.
    package var arguments: [String]
    /// Absolute, as the image has it; nil where it names none.
    package var workingDirectory: String?
    package var lease: ImageLease

    package init(
        folder: String, environment: [String: String], entryPoint: [String], arguments: [String], workingDirectory: String?,
        lease: ImageLease
    ) {
        self.folder = folder
        self.environment = environment
        self.entryPoint = entryPoint
        self.arguments = arguments
        self.workingDirectory = workingDirectory
        self.lease = lease
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

    static func system(_ what: String, _ code: Int32) -> ImageError {
        ImageError("\(what): \(PrivateFolder.describe(code))", isTransient: code == ENOSPC || code == EDQUOT || code == EMFILE)
    }
}
