import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// What a fault does.
enum FaultKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// The process is gone.
    case crash
    /// The process stands still for longer than its leases.
    case stop
    /// The point throws.
    case fail
    /// The same behind an effect: it is done, and reported as failed.
    case lie

    var testDescription: String { rawValue }
}

/// One fault: a point, perhaps only from its n-th time on, and what happens there, once for each verb.
struct Fault: Sendable, Hashable, CustomStringConvertible {
    var point: String
    /// From which time on that a process comes by; each of several fires once for each verb.
    var occurrences = 1...1
    /// Once for each verb and subject.
    var isForEach = false
    var kind: FaultKind

    var place: String {
        if isForEach { return point + "/*" }
        if occurrences == 1...1 { return point }
        return point + "@\(occurrences.lowerBound)" + (occurrences.count == 1 ? "" : "-\(occurrences.upperBound)")
    }
    var description: String { "\(place)=\(kind)" }
    /// Of the plan.
    var lines: [String] {
        occurrences.map { "\(point)\(isForEach ? "/*" : "")\($0 == 1 ? "" : "@\($0)")=\(kind)" }
    }
}

/// The folder by which running programs are told where to fail, and tell where they came by (`MARTLET_FAULT_FOLDER`).
struct FaultControl: Sendable {
    let folder: String

    /// A fault that has fired.
    struct Hit: Sendable, Hashable {
        var verb: String
        var occurrence: Int
        /// Empty but for faults at each of them.
        var subject: String
        var pid: pid_t
    }

    /// Forgets what was, and asks for this.
    func arm(_ faults: [Fault]) throws {
        try disarm()
        for name in try names() where name.hasPrefix("fired.") || name == "reached" { unlink("\(folder)/\(name)") }
        // Counted anew by every process: a plan of another name is another plan.
        let run = UInt32.random(in: .min ... .max)
        let text = "run \(run)\n" + faults.flatMap(\.lines).map { "\($0)\n" }.joined()
        // At once: a program must not read half of it.
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/next"))
        guard rename("\(folder)/next", "\(folder)/plan") == 0 else { throw SystemFailure("rename", errno) }
    }

    func disarm() throws {
        guard unlink("\(folder)/plan") == 0 || errno == ENOENT else { throw SystemFailure("unlink", errno) }
    }

    /// What has fired at this point so far.
    func hits(of point: String) throws -> Set<Hit> {
        var hits: Set<Hit> = []
        for name in try names() where name.hasPrefix("fired.\(point)") {
            let rest = name.dropFirst("fired.\(point)".count)
            let words = rest.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
            // Another point may begin with this one's name.
            guard words.count >= 2, words[0].isEmpty || words[0].first == "@" else { continue }
            // The process writes its number right after it has made the file.
            guard let text = try? String(decoding: Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self),
                let pid = pid_t(text.prefix { $0 != "\n" }), text.hasSuffix("\n")
            else { continue }
            hits.insert(
                Hit(
                    verb: String(words[1]), occurrence: Int(words[0].dropFirst()) ?? 1,
                    subject: words.count == 3 ? String(words[2]) : "", pid: pid))
        }
        return hits
    }

    /// Forgets who came by where.
    func forgetReached() { unlink("\(folder)/reached") }

    /// Which verbs came by which points.
    func reached() -> Set<[String]> {
        let text = (try? Data(contentsOf: URL(filePath: "\(folder)/reached"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return Set(text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter { $0.count == 2 })
    }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }
}
