/// One parser under test: any bytes must end in a value or an error, and what it promises must hold.
package struct FuzzTarget: Sendable {
    /// Also the name of its folder under `Corpora`.
    package let name: String
    /// - Throws: `BrokenPromise`; what the parser itself refuses is no failure.
    package let run: @Sendable ([UInt8]) throws(BrokenPromise) -> Void

    package static let all: [FuzzTarget] = [
        .yaml, .score, .scoreImport, .template, .placeholder, .json, .patch, .definition,
    ]

    /// The parts of an input that a line of at least three equals signs separates.
    static func parts(_ bytes: [UInt8]) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.count >= 3, line.allSatisfy({ $0 == UInt8(ascii: "=") }), parts.count < 4 {
                parts.append([])
            } else {
                parts[parts.count - 1] += Array(line) + [UInt8(ascii: "\n")]
            }
        }
        return parts
    }
}

/// Something that must hold for every input did not.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// - Throws: This, where `condition` is false.
    static func unless(_ condition: Bool, _ description: @autoclosure () -> String) throws(BrokenPromise) {
        if !condition { throw BrokenPromise(description()) }
    }
}
