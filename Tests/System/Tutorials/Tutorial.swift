import FoundationEssentials
import TestSupport
import Testing

/// A page of `docs/tutorials/` that says what its commands print: each fenced `sh` block is run as it stands, by a shell in a folder of its
/// own, and the plain block behind it is what it prints, errors with it.
///
/// `MARTLET_REWRITE_GOLDEN=1 swift test` rewrites the plain blocks that are not true; look at the difference before committing it. A line
/// `...` stands for any lines. Ids and times are different each time, and compare as such. What a block exports holds for those below it.
/// A `yaml` block whose first line is `# NAME` is written to that file before; blocks of other languages are only read.
struct Tutorial {
    /// What a page calls the image that is there without a registry.
    private static let image = "docker.io/library/busybox:1.36"

    let path: String
    let appliance: Appliance
    let folder: TemporaryFolder

    init(_ name: String, _ appliance: Appliance) throws {
        path = "docs/tutorials/\(name).md"
        self.appliance = appliance
        folder = try TemporaryFolder("mtut")
    }

    /// A part of the page.
    private enum Part {
        case text(String)
        case shell(String)
        case file(String, String)
        /// What the commands before it print.
        case output(String)
    }

    /// - Parameter settings: of the shell, beside those by which `martlet` finds the appliance.
    func run(settings: [String: String] = [:]) async throws {
        let page = try Document(path)
        let rewrites = ProcessInfo.processInfo.environment["MARTLET_REWRITE_GOLDEN"] == "1"
        var written: [String] = [], last: String?, exports = "", count = 0
        for part in Self.parts(page.text) {
            switch part {
            case .text(let line): written.append(line)
            case .file(let name, let text):
                _ = try folder.write(text.replacing(Self.image, with: PrivatePodman.busyboxImage), to: name)
                written += ["```yaml", "# \(name)", text + "```"]
            case .shell(let commands):
                let run = try await appliance.shell(exports + commands, in: folder.path, settings)
                exports += Self.exports(commands)
                last = Self.asWritten(run.output + run.error, settings)
                written += ["```sh", commands + "```"]
            case .output(let wanted):
                let got = try #require(last, "\(path): an output without a command")
                let isTrue = Self.same(wanted, got)
                if !rewrites { #expect(isTrue, "\(path) says:\n\(wanted)\nand it is:\n\(got)") }
                written += ["```", (rewrites && !isTrue ? got : wanted) + "```"]
                count += 1
            }
        }
        #expect(count > 0, "\(path) says of no command what it prints")
        let text = written.joined(separator: "\n")
        guard rewrites else { return #expect(text == page.text, "the parts of \(path) are not the page") }
        if text != page.text { try Data(text.utf8).write(to: URL(filePath: Document.root + "/" + path)) }
    }

    /// With the names that a page has for what differs from run to run: the image, a database server's port.
    private static func asWritten(_ text: String, _ settings: [String: String]) -> String {
        let text = text.replacing(PrivatePodman.busyboxImage, with: image)
        return settings["PGPORT"].map { text.replacing($0, with: "5432") } ?? text
    }

    /// What a block sets for those below it, as in one terminal.
    private static func exports(_ commands: String) -> String {
        commands.split(separator: "\n").filter { $0.hasPrefix("export ") }.map { $0 + "\n" }.joined()
    }

    // MARK: The page

    private static func parts(_ text: String) -> [Part] {
        var parts: [Part] = [], fence: String?, inside = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if let language = fence {
                guard line == "```" else {
                    inside += line + "\n"
                    continue
                }
                parts.append(part(language, inside))
                fence = nil
            } else if line.hasPrefix("```") {
                fence = String(line.dropFirst(3))
                inside = ""
            } else {
                parts.append(.text(line))
            }
        }
        return parts
    }

    private static func part(_ language: String, _ inside: String) -> Part {
        switch language {
        case "sh": return .shell(inside)
        case "yaml":
            let lines = inside.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard lines.count == 2, lines[0].hasPrefix("# "), !lines[0].dropFirst(2).contains(" ") else {
                return .text("```yaml\n\(inside)```")
            }
            return .file(String(lines[0].dropFirst(2)), lines[1])
        case "": return .output(inside)
        default: return .text("```\(language)\n\(inside)```")
        }
    }

    // MARK: Comparison

    /// Every part between two lines `...` is there, in order; the first at the beginning, the last at the end.
    static func same(_ wanted: String, _ got: String) -> Bool {
        let wanted = lines(wanted), got = lines(got)
        let pieces = wanted.split(separator: "...", omittingEmptySubsequences: false).map(Array.init)
        guard pieces.count > 1, let first = pieces.first, let end = pieces.last else { return wanted == got }
        guard got.starts(with: first), got.count >= first.count + end.count, Array(got.suffix(end.count)) == end else {
            return false
        }
        var rest = got.dropFirst(first.count).dropLast(end.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let place = rest.indices.first(where: { rest[$0...].starts(with: piece) }) else { return false }
            rest = rest[(place + piece.count)...]
        }
        return true
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { normal(String($0)) }
    }

    /// Ids, times and what is as wide as they are, without what differs from run to run.
    static func normal(_ line: String) -> String {
        var words: [String] = [], word = ""
        func end() {
            guard !word.isEmpty else { return }
            words.append(standIn(word))
            word = ""
        }
        for character in line {
            if character.isLetter || character.isNumber || "-:._".contains(character) {
                word.append(character)
            } else {
                end()
                words.append(String(character))
            }
        }
        end()
        return words.joined()
    }

    private static func standIn(_ word: String) -> String {
        // `12:34:56`, of the lines of a deployment's progress.
        if word.wholeMatch(of: #/\d\d:\d\d:\d\d/#) != nil { return "<time>" }
        // `user:3f2a91c07d5e4b68`; the colons of a time stay with it.
        if word.contains(":"), !word.hasSuffix("Z") {
            return word.split(separator: ":", omittingEmptySubsequences: false).map { standIn(String($0)) }.joined(separator: ":")
        }
        let bytes = Array(word.utf8)
        func isHex(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
        let core = bytes.prefix(while: isHex)
        // `3f2a91c07d5e4b68`, and a set's whole id.
        if core.count >= 12, core.count == bytes.count { return "<id>" }
        // `58b57b78-7aa1-1041-83b3-7be099edde17` of the directory, and `i-54dd5ad220253ac1a3a7` of an invitation.
        let parts = word.split(separator: "-")
        if [[8, 4, 4, 4, 12], [1, 20]].contains(parts.map(\.count)), parts.dropFirst().allSatisfy({ $0.utf8.allSatisfy(isHex) }) {
            return "<id>"
        }
        // `shop_development_db_3f0c91c07d5e4b68`.
        if let tail = word.split(separator: "_").last, word.contains("_"), tail.utf8.count >= 8, tail.utf8.allSatisfy(isHex) {
            return word.dropLast(tail.count) + "<id>"
        }
        // `2026-11-22T01:02:03.004Z`, `01:02:03Z`.
        let digits = bytes.filter { (0x30...0x39).contains($0) }.count
        if bytes.last == UInt8(ascii: "Z"), digits >= 6 { return "<time>" }
        if digits == 8, word.contains("-"), bytes.count == 10 { return "<day>" }
        return word
    }
}
