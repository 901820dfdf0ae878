import CCrypto

/// Bytes that are overwritten when the last reference goes, and that never print themselves.
///
/// A class, because Swift copies arrays silently and a copy that nobody wipes would stay in freed memory.
package final class SecretBytes: @unchecked Sendable {
    // Unchecked: the buffer is written only in init and deinit, so every other access is a read.
    private let buffer: UnsafeMutableRawBufferPointer

    /// Copies; the source stays the caller's to wipe.
    package convenience init(_ bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { target in
            target.copyBytes(from: bytes)
        }
    }

    /// Moves the bytes in and overwrites the array with zeros, when nobody else holds it.
    package convenience init(wiping bytes: inout [UInt8]) {
        self.init(bytes)
        bytes.wipe()
        bytes = []
    }

    /// Fills `count` zeroed bytes in place, so that no other copy exists.
    package init<Failure: Error>(
        count: Int, filling fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        _ = buffer.initializeMemory(as: UInt8.self, repeating: 0)
        do throws(Failure) {
            try fill(buffer)
        } catch {
            OPENSSL_cleanse(buffer.baseAddress, buffer.count)
            buffer.deallocate()
            throw error
        }
        self.buffer = buffer
    }

    deinit {
        OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        buffer.deallocate()
    }

    package var count: Int { buffer.count }
    package var isEmpty: Bool { buffer.isEmpty }

    /// Reads the bytes in place; the pointer is good only inside the closure.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(buffer))
    }

    /// A copy that nobody wipes: only for a call that takes no pointer.
    package func copyBytes() -> [UInt8] { Array(buffer) }

    /// A copy as text, nil when the bytes are not UTF-8. The same warning as `copyBytes`.
    package func copyText() -> String? { String(validating: buffer, as: UTF8.self) }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "SecretBytes(\(count) bytes)" }
    package var debugDescription: String { description }
    /// `dump` would walk the pointer otherwise.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretBytes: Equatable {
    /// In constant time for equal lengths.
    package static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in equalInConstantTime(left, right) } }
    }
}

extension [UInt8] {
    /// Overwrites what was secret with zeros, when nobody else holds the array.
    package mutating func wipe() { withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
}
