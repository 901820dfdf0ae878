import PlatformModel

/// What one run leaves to the next: where its source came from, and the providers that it chose.
///
/// The providers are those of `.terraform.lock.hcl`, kept as long as the code is the same: a look, a repair or a destruction then runs with
/// what made the resource, also when a newer provider has come out meanwhile. Other code chooses anew. A lock file of the code's own counts
/// before ours.
struct TerraformCookie: Sendable, Hashable {
    var source: JSON?
    /// The digest of the code, and the text of its lock file.
    var lock: Lock?

    struct Lock: Sendable, Hashable {
        var code: String
        var text: String
    }

    /// Bytes: with some dozens of providers it is larger, and is not kept.
    static let longestLock = 64 << 10

    init(source: JSON? = nil, lock: Lock? = nil) {
        self.source = source
        self.lock = lock
    }

    init(_ cookie: JSON?) {
        source = cookie?["source"]
        if let code = cookie?["lock"]?["code"]?.string, let text = cookie?["lock"]?["text"]?.string {
            lock = Lock(code: code, text: text)
        }
    }

    /// Nil when there is nothing to remember.
    var json: JSON? {
        var members: [String: JSON] = [:]
        members["source"] = source
        if let lock { members["lock"] = ["code": .string(lock.code), "text": .string(lock.text)] }
        return members.isEmpty ? nil : .object(members)
    }

    /// The lock file for this code.
    func lockText(for code: String) -> String? { lock.flatMap { $0.code == code ? $0.text : nil } }
}

extension TerraformInputs {
    /// Of all that says which providers are needed: the code and the files beside it. Of a source that is its commit.
    func codeDigest(commit: String?) -> String {
        var parts: [JSON] = []
        switch code {
        case .script(let text): parts.append(.string(text))
        case .git(let git): parts += [.string(git.url), .string(git.path), .string(commit ?? "")]
        }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) { parts += [.string(path), .string(text)] }
        return SHA256.hex(JSON.array(parts).canonical)
    }
}
