import Cryptography
import Glibc
import PlatformModel
import ServiceRuntime

/// The key that opens a backup: from its file, from files of shares, or from shares that are typed one by one.
enum RestoreKey {
    private static let lineLimit = 1024

    static func read(key: String?, shares: [String]) throws -> SecretBytes {
        if let key { return try BackupKey.readPrivate(key) }
        return shares.isEmpty ? try asked() : try combined(shares)
    }

    /// All that is wrong with any of them is told at once.
    private static func combined(_ files: [String]) throws -> SecretBytes {
        var shares = BackupShares(), problems: [ErrorBody] = []
        for file in files {
            do {
                let lines = lines(of: try SecretFile.read(file))
                for (number, line) in lines {
                    do { try shares.add(line, from: lines.count == 1 ? file : "\(file), line \(number),") } catch let problem
                        as ErrorBody
                    {
                        problems.append(problem)
                    }
                }
            } catch let failure as SecretFile.Failure {
                problems.append(ErrorBody(error: "ADM-037", message: "\(failure)"))
            }
        }
        do {
            let key = try shares.key()
            if problems.isEmpty { return key }
        } catch let problem as ErrorBody { problems.append(problem) }
        throw ErrorBody(
            error: problems[0].error,
            message: ([problems[0].message] + problems.dropFirst().map { "\($0.error): \($0.message)" }).joined(separator: "\n"))
    }

    private static func lines(of text: SecretBytes) -> [(number: Int, line: SecretBytes)] {
        text.withUnsafeBytes { bytes in
            bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().filter {
                !$0.element.isEmpty
            }
            .map { ($0.offset + 1, SecretBytes($0.element)) }
        }
    }

    /// One after the other from the terminal, unseen; from a pipe a line each.
    private static func asked() throws -> SecretBytes {
        let isTerminal = isatty(STDIN_FILENO) == 1
        var shares = BackupShares(), count = 0
        while shares.missing != 0 {
            count += 1
            let words = shares.missing.map { "\($0) more of the key \(shares.keyID ?? "")" } ?? "the first one"
            if isTerminal { StandardError.write("A share of the backup key (\(words)): ") }
            guard let line = try unseenLine(isTerminal) else { break }
            do { try shares.add(line, from: "share \(count)") } catch let problem as ErrorBody {
                guard isTerminal else { throw problem }
                StandardError.write("\(problem.error): \(problem.message)\n")
            }
        }
        return try shares.key()
    }

    /// nil at the end.
    private static func unseenLine(_ isTerminal: Bool) throws -> SecretBytes? {
        var before = termios()
        let hides = isTerminal && tcgetattr(STDIN_FILENO, &before) == 0
        if hides {
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        }
        defer {
            if hides {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
                StandardError.write("\n")
            }
        }
        // Of its whole size from the beginning: no part of it is left behind by one that grew.
        var line = [UInt8](repeating: 0, count: lineLimit), count = 0
        defer { line.wipe() }
        while count < lineLimit {
            let got = line.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress.map { $0 + count }, 1) }
            if got < 0, errno == EINTR { continue }
            if got <= 0 { return count == 0 ? nil : SecretBytes(line[..<count]) }
            if line[count] == UInt8(ascii: "\n") { return SecretBytes(line[..<count]) }
            count += 1
        }
        throw ErrorBody(error: "ADM-037", message: "what came in is longer than any share")
    }
}
