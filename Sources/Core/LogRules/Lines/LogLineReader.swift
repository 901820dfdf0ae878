import SecretMasking

/// The way of a container's or a driver's output to lines that may be stored and shown: secrets masked over the whole stream,
/// then cut into lines, then made harmless, then our tokens masked by form.
package struct LogLineReader: Sendable {
    private var masker: StreamMasker
    private var splitter: LineSplitter

    /// - Parameter patterns: of the secrets; without any, lines are only made harmless.
    package init(_ patterns: SecretPatterns = SecretPatterns(), maximumLength: Int = LineSplitter.maximumLength) {
        masker = StreamMasker(patterns)
        splitter = LineSplitter(maximumLength: maximumLength)
    }

    /// The lines that are complete with these bytes.
    package mutating func read(_ bytes: some Sequence<UInt8>) -> [String] {
        splitter.split(masker.mask(bytes)).map(Self.text(of:))
    }

    /// The end of the stream: what is left is a line.
    package mutating func finish() -> [String] {
        var lines = splitter.split(masker.finish())
        if let last = splitter.finish() { lines.append(last) }
        return lines.map(Self.text(of:))
    }

    /// Masks with other patterns from here on, since a deployment brought new secrets; returns the lines that the old ones
    /// held back.
    package mutating func use(_ patterns: SecretPatterns) -> [String] {
        splitter.split(masker.use(patterns)).map(Self.text(of:))
    }

    private static func text(of line: LineSplitter.Line) -> String {
        let text = TokenPattern.masking(HarmlessText.text(of: line.bytes))
        return line.omitted == 0 ? text : text + " [\(line.omitted) bytes more were cut]"
    }
}
