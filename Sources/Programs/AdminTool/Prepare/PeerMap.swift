/// How the services' Unix users, and root, become the database's roles: lines of PostgreSQL's pg_hba.conf and pg_ident.conf.
enum PeerMap {
    static let rooms = ["gateway", "orchestrator", "runner", "broker", "logs"]
    static let remark = "# Martlet's services and root come in by Unix user; see pg_ident.conf. Written by martlet-admin prepare."

    static func rule(database: String, administrator: String) -> String {
        let roles = (rooms.map { "martlet_\($0)" } + [administrator]).map(quoted).joined(separator: ",")
        let databases = [database, AdminDatabase.restoring(database)].map(quoted).joined(separator: ",")
        return "local \(databases) \(roles) peer map=martlet"
    }

    static func mappings(administrator: String) -> [String] {
        // The administrator by its own name, too: the rule above comes before the one that let it in until now.
        var users = rooms.map { ("_martlet-\($0)", "martlet_\($0)") } + [("root", administrator)]
        if administrator != "root" { users.append((administrator, administrator)) }
        return users.map { "martlet \(quoted($0.0)) \(quoted($0.1))" }
    }

    /// pg_hba.conf with the rule at its beginning, since the first that fits is taken; nil where it is there. An earlier rule of ours goes.
    static func rules(_ text: String, database: String, administrator: String) -> String? {
        let rule = rule(database: database, administrator: administrator)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.first == remark, lines.dropFirst().first == rule { return nil }
        while let index = lines.firstIndex(of: remark) { lines.removeSubrange(index...min(index + 1, lines.count - 1)) }
        return ([remark, rule] + lines).joined(separator: "\n")
    }

    /// pg_ident.conf with the mappings that it lacks; nil where it lacks none.
    static func mappings(_ text: String, administrator: String) -> String? {
        let there = Set(text.split(separator: "\n").map { words(String($0)) })
        let missing = mappings(administrator: administrator).filter { !there.contains(words($0)) }
        guard !missing.isEmpty else { return nil }
        let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
        return text + end + missing.map { $0 + "\n" }.joined()
    }

    private static func words(_ line: String) -> [String] {
        line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map { $0.filter { $0 != "\"" } }
    }

    /// As these files read a name: some words and signs mean more than themselves without quotes.
    static func quoted(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "_-.".utf8.contains(byte)
        }
        let isWord = ["all", "sameuser", "samerole", "samegroup", "replication"].contains(name.lowercased())
        return isPlain && !isWord && !name.isEmpty ? name : "\"\(name.replacing("\"", with: "\"\""))\""
    }
}
