import Glibc
import Synchronization

/// Keeps an unpacked image from being removed, by this process or another one of the host: a shared lock on its folder, which the kernel
/// takes back when the process ends.
package final class ImageLease: Sendable {
    private let descriptor: Mutex<Int32>

    /// Takes over a descriptor that holds the lock; -1: nothing to hold.
    package init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    package func release() {
        let held = descriptor.withLock { descriptor in
            defer { descriptor = -1 }
            return descriptor
        }
        if held >= 0 { close(held) }
    }

    deinit { release() }
}
