import Cryptography
import PlatformModel
import Subprocess
import SystemPackage

/// Programs of this machine that the tool has work done by.
enum HostProgram {
    struct Result: Sendable {
        var output: [UInt8]
        var error: String
        var isGood: Bool

        /// Its last words, on one line.
        var complaint: String {
            let lines = error.split(separator: "\n").map(String.init)
            return (lines.last ?? "it ended without a word").withoutControls
        }
    }

    private static let outputLimit = 8 << 20

    /// Runs it to its end. What it may not show others goes in by `input`, never by an argument.
    /// - Returns: nil where there is no such program.
    static func run(
        _ name: String, _ arguments: [String], input: SecretBytes? = nil, environment: [String: String] = [:]
    ) async throws -> Result? {
        var bytes = input?.copyBytes() ?? []
        defer { bytes.wipe() }
        do {
            let result = try await Subprocess.run(
                name.contains("/") ? .path(FilePath(name)) : .name(name), arguments: Arguments(arguments),
                environment: variables(environment), input: .array(bytes), output: .bytes(limit: outputLimit),
                error: .string(limit: 64 << 10))
            return Result(
                output: result.standardOutput, error: result.standardError,
                isGood: result.terminationStatus.isSuccess)
        } catch let error as SubprocessError where error.code == .executableNotFound {
            return nil
        }
    }
}

extension HostProgram {
    /// Why a program of PostgreSQL's did not do its work.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs it, and hands on what it prints as it comes.
    static func read(
        _ name: String, _ arguments: [String], environment: [String: String], _ each: ([UInt8]) throws -> Void
    ) async throws {
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments), environment: variables(environment), input: .none, output: .sequence,
            error: .string(limit: 64 << 10)
        ) { execution in
            for try await buffer in execution.standardOutput { try each(buffer.withUnsafeBytes { Array($0) }) }
        }
        try check(name, result.terminationStatus.isSuccess, result.standardError)
    }

    /// Runs it, and feeds it until there is no more.
    static func feed(
        _ name: String, _ arguments: [String], environment: [String: String], _ next: () throws -> [UInt8]?
    ) async throws {
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments), environment: variables(environment), input: .inputWriter,
            output: .string(limit: 64 << 10), error: .string(limit: 64 << 10)
        ) { execution in
            var takesMore = true
            // To the end in any case: only there is it known that nothing was cut off.
            while let bytes = try next() {
                guard takesMore else { continue }
                // It may have ended before: its own words say why.
                do { _ = try await execution.standardInputWriter.write(bytes) } catch { takesMore = false }
            }
            try await execution.standardInputWriter.finish()
        }
        try check(name, result.terminationStatus.isSuccess, result.standardError)
    }

    private static func variables(_ values: [String: String]) -> Subprocess.Environment {
        .inherit.updating(
            Dictionary(uniqueKeysWithValues: values.map { (Subprocess.Environment.Key(stringLiteral: $0.key), $0.value) }))
    }

    private static func check(_ name: String, _ isGood: Bool, _ error: String) throws {
        guard !isGood else { return }
        let words = Result(output: [], error: error, isGood: false).complaint
        throw Failure(description: "\(name): \(words)")
    }
}
