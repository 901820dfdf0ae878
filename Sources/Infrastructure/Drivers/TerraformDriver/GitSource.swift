import PlatformModel
import Sandbox

/// A configuration in a Git repository.
struct GitSource: Sendable, Hashable {
    /// Of the archive of one revision.
    static let maximumBytes = 16 << 20
    static let archive = "source.tar"
    static let commitFile = "commit"

    var url: String
    /// A branch, a tag or a commit.
    var revision: String
    /// A folder of the repository; empty for its root.
    var path = ""
    var username: String?
    var password: String?
    var sshKey: String?
    /// Lines of `known_hosts`.
    var knownHosts: String?

    var isSSH: Bool { url.hasPrefix("ssh://") || !url.contains("://") }

    static func read(
        _ value: JSON, secrets: JSON, protocols: [String], _ reader: inout DriverInputReader
    ) -> GitSource? {
        let place = "driver_inputs.values.source", hidden = "driver_inputs.secret_refs.source"
        reader.known(["url", "rev", "path", "username", "known_hosts"], in: value, at: place)
        reader.known(["username", "password", "ssh_key"], in: secrets, at: hidden)
        let before = reader.problems.count
        var source = GitSource(
            url: reader.line(value["url"], at: "\(place).url") ?? "",
            revision: reader.line(value["rev"], at: "\(place).rev") ?? "HEAD")
        source.path = reader.line(value["path"], at: "\(place).path") ?? ""
        source.username =
            reader.line(value["username"], at: "\(place).username") ?? reader.line(secrets["username"], at: "\(hidden).username")
        source.password = reader.line(secrets["password"], at: "\(hidden).password")
        source.sshKey = reader.text(secrets["ssh_key"], at: "\(hidden).ssh_key")
        source.knownHosts = reader.text(value["known_hosts"], at: "\(place).known_hosts")
        while source.path.hasPrefix("./") { source.path.removeFirst(2) }
        while source.path.hasSuffix("/") { source.path.removeLast() }
        if source.path == "." { source.path = "" }
        if !source.path.isEmpty, !SandboxFile.isInside(source.path) {
            reader.add("\(place).path", "a folder of the repository is needed, without ..")
        }
        if let wrong = source.wrongRevision { reader.add("\(place).rev", wrong) }
        if let (what, suggestion) = source.wrongAddress(protocols) { reader.add("\(place).url", what, suggestion) }
        if source.isSSH, !source.url.isEmpty {
            if source.sshKey == nil { reader.add("\(hidden).ssh_key", "missing; an address by ssh needs a private key") }
            if source.knownHosts == nil {
                reader.add("\(place).known_hosts", "missing; give the host's line of known_hosts (ssh-keyscan HOST)")
            }
        }
        return reader.problems.count == before ? source : nil
    }

    private var wrongRevision: String? {
        // No option, no range, no pathspec: git takes it as one argument all the same.
        let isPlain = revision.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"~^:?*[\\{}".utf8.contains($0) }
        return isPlain && !revision.hasPrefix("-") && revision.utf8.count <= 250
            ? nil : "the name of a branch or tag, or a commit, is needed"
    }

    private func wrongAddress(_ protocols: [String]) -> (String, String?)? {
        let form = "https://HOST/PATH, ssh://USER@HOST/PATH or USER@HOST:PATH is needed"
        if url.isEmpty { return ("missing; \(form)", nil) }
        guard url.utf8.count <= 2000, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), !url.hasPrefix("-"),
            !url.contains("::")
        else { return (form, nil) }
        guard let range = url.firstRange(of: "://") else {
            // USER@HOST:PATH
            let parts = url.split(separator: ":", maxSplits: 1)
            let isSSH = parts.count == 2 && parts[0].contains("@") && !parts[0].contains("/") && !parts[0].hasPrefix("-")
            return isSSH && protocols.contains("ssh") ? nil : (form, nil)
        }
        let scheme = url[..<range.lowerBound].lowercased()
        guard protocols.contains(scheme) else {
            return ("sources come by \(protocols.joined(separator: " or ")), not by '\(scheme.prefix(20))'", nil)
        }
        let authority = url[range.upperBound...].prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.hasPrefix("-") else { return (form, nil) }
        if scheme == "https" || scheme == "http", authority.contains("@") {
            return ("a password does not stand in an address; give source.username, and the password as a secret", nil)
        }
        if scheme == "http", password != nil {
            return ("a password is not sent by http", "https" + url[range.lowerBound...])
        }
        return nil
    }

    /// Fetches one revision and nothing else: no history, no submodules, no hooks, no other way than the allowed ones.
    func job(commit: String?, _ settings: TerraformSettings) -> SandboxJob {
        var environment = [
            "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ALLOW_PROTOCOL": settings.gitProtocols.joined(separator: ":"), "MARTLET_URL": url,
            "MARTLET_REVISION": commit ?? revision, "MARTLET_MAXIMUM": String(Self.maximumBytes),
        ]
        var files: [SandboxFile] = [SandboxFile(path: "fetch", text: Self.script)]
        if let password {
            environment["GIT_ASKPASS"] = "\(SandboxJob.workspace)/askpass"
            environment["MARTLET_USERNAME"] = username ?? "git"
            environment["MARTLET_PASSWORD"] = password
            files.append(
                SandboxFile(
                    path: "askpass",
                    text: """
                        #!/bin/sh
                        case $1 in Username*) printf '%s\\n' "$MARTLET_USERNAME" ;; *) printf '%s\\n' "$MARTLET_PASSWORD" ;; esac

                        """, isExecutable: true))
        }
        if isSSH {
            environment["GIT_SSH_COMMAND"] =
                "ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes "
                + "-o UserKnownHostsFile=\(SandboxJob.workspace)/known_hosts -i \(SandboxJob.workspace)/key"
            files.append(SandboxFile(path: "known_hosts", text: Self.ended(knownHosts ?? "")))
            files.append(SandboxFile(path: "key", text: Self.ended(sshKey ?? "")))
        }
        return SandboxJob(
            command: ["/bin/bash", "fetch"], environment: environment, files: files, collect: [Self.archive, Self.commitFile],
            network: .outside, limits: settings.sourceLimits)
    }

    /// OpenSSH does not read a key without its last line end.
    private static func ended(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

    private static let script = """
        set -u
        umask 077
        chmod 600 key known_hosts 2>/dev/null
        git init -q repository || exit 1
        cd repository || exit 1
        git -c http.followRedirects=initial -c protocol.version=2 \\
            fetch -q --depth 1 --no-tags --no-recurse-submodules --no-write-fetch-head "$MARTLET_URL" \\
            "+$MARTLET_REVISION:refs/martlet" \\
            || git -c http.followRedirects=initial fetch -q --no-tags --no-recurse-submodules --no-write-fetch-head "$MARTLET_URL" \\
            "+$MARTLET_REVISION:refs/martlet" || exit 1
        git rev-parse --verify -q 'refs/martlet^{commit}' > ../commit || exit 1
        git archive --format=tar -o ../source.tar refs/martlet || exit 1
        if [ "$(stat -c %s ../source.tar)" -gt "$MARTLET_MAXIMUM" ]; then exit 3; fi
        """
}

extension DriverInputReader {
    /// One line of text.
    fileprivate mutating func line(_ value: JSON?, at path: String) -> String? {
        guard let text = text(value, at: path) else { return nil }
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) { return text }
        add(path, "one line of text is needed")
        return nil
    }

    fileprivate mutating func text(_ value: JSON?, at path: String) -> String? {
        guard let value, !value.isNull else { return nil }
        if let text = value.string, !text.isEmpty, text.utf8.count <= 64 << 10, !text.utf8.contains(0) { return text }
        add(path, value.kind == "string" ? "empty, or too long" : "a text is needed, not \(value.kind)")
        return nil
    }
}
