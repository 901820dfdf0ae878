/// Looks into texts by their bytes: what stands there stands there, whatever letters it makes with its neighbours.
extension String {
    /// Whether a byte is in the text's UTF-8.
    package func holds(_ byte: UInt8) -> Bool {
        // In one piece where the text allows it, as all but bridged ones do.
        utf8.withContiguousStorageIfAvailable { $0.contains(byte) } ?? utf8.contains(byte)
    }

    /// Whether another text stands in this one; an empty one stands in every text.
    package func holds(_ other: String) -> Bool {
        var text = self, other = other
        return text.withUTF8 { text in other.withUTF8 { Self.find($0, in: text) } }
    }

    private static func find(_ wanted: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = wanted.first else { return true }
        guard text.count >= wanted.count else { return false }
        for start in 0...(text.count - wanted.count) where text[start] == first {
            var length = 1
            while length < wanted.count, text[start + length] == wanted[length] { length += 1 }
            if length == wanted.count { return true }
        }
        return false
    }
}
