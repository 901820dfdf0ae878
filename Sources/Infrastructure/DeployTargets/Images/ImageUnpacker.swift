import Glibc
import Synchronization

/// Unpacks one image, piece by piece, on whatever thread has the time.
final class ImageUnpacker: Sendable {
    private let writing: Mutex<ImageWriting>

    /// - Parameter folder: empty, and this process's own.
    init(into folder: String, limits: ImageLimits) throws(ImageError) {
        writing = Mutex(try ImageWriting(folder, limits))
    }

    deinit { writing.withLock { $0.close() } }

    /// What it takes on the disk, about.
    var bytes: Int { writing.withLock { $0.bytes } }

    /// The next piece of the archive. Blocks.
    func take(_ piece: [UInt8]) throws(ImageError) {
        try writing.withLock { writing throws(ImageError) in try writing.take(piece) }
    }

    /// After the last piece.
    func finish() throws(ImageError) {
        try writing.withLock { writing throws(ImageError) in try writing.finish() }
    }
}
