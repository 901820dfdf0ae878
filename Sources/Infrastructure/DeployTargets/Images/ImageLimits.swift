/// What unpacked images may take.
package struct ImageLimits: Sendable, Hashable {
    /// Of one image on the disk, each file rounded up to whole blocks.
    package var imageBytes: Int
    /// Of all of them: those that were not used for longest go first.
    package var totalBytes: Int
    /// Files, folders and links of one image.
    package var entries: Int

    package init(imageBytes: Int = 2 << 30, totalBytes: Int = 8 << 30, entries: Int = 300_000) {
        self.imageBytes = imageBytes
        self.totalBytes = totalBytes
        self.entries = entries
    }
}
