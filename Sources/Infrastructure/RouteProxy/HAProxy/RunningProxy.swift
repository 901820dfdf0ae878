/// What HAProxy does now, as its runtime API tells.
struct RunningProxy: Sendable, Hashable {
    /// The `description` of its configuration.
    var mark: String
    /// Of the worker: another one after a reload or a restart.
    var pid: Int
    var map: [String: String]
    var servers: [RunningServer]

    static func observe(through socket: RuntimeSocket, mapFile: String) throws(RouteProxyError) -> RunningProxy {
        let info = information(in: try socket.command("show info"))
        let map = try socket.command("show map \(mapFile)")
        let sessions = sessions(in: try socket.command("show stat -1 4 -1"))
        return RunningProxy(
            mark: info["description"] ?? "", pid: info["Pid"].flatMap { Int($0) } ?? 0, map: entries(in: map),
            servers: servers(in: try socket.command("show servers state"), sessions: sessions))
    }

    static func information(in text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1].drop { $0 == " " }) }
        }
        return fields
    }

    /// `0x55… key value` a line.
    static func entries(in text: String) -> [String: String] {
        var map: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3, words[0].hasPrefix("0x") { map[String(words[1])] = String(words[2]) }
        }
        return map
    }

    /// A version line, a line of column names after `# `, then a line a server.
    static func servers(in text: String, sessions: [String: Int]) -> [RunningServer] {
        let lines = text.split(separator: "\n")
        guard let header = lines.first(where: { $0.hasPrefix("# ") })?.dropFirst(2).split(separator: " ").map(String.init),
            let backend = header.firstIndex(of: "be_name"), let name = header.firstIndex(of: "srv_name"),
            let admin = header.firstIndex(of: "srv_admin_state")
        else { return [] }
        return lines.compactMap { line in
            let words = line.split(separator: " ")
            guard !line.hasPrefix("#"), words.count >= header.count, let flags = Int(words[admin]) else { return nil }
            // Bits of srv_admin_state: 1 forced maintenance, 8 forced drain.
            let state: RunningServer.State = flags & 1 != 0 ? .maintenance : flags & 8 != 0 ? .draining : .ready
            return RunningServer(
                backend: String(words[backend]), name: String(words[name]), state: state,
                sessions: sessions["\(words[backend])/\(words[name])"] ?? 0)
        }
    }

    /// Requests in progress and queued per `backend/server`, from the statistics' CSV.
    static func sessions(in text: String) -> [String: Int] {
        let lines = text.split(separator: "\n")
        guard
            let header = lines.first?.drop(while: { $0 == "#" || $0 == " " }).split(
                separator: ",", omittingEmptySubsequences: false),
            let current = header.firstIndex(of: "scur"), let queued = header.firstIndex(of: "qcur")
        else { return [:] }
        var sessions: [String: Int] = [:]
        for line in lines.dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count > max(current, queued) else { continue }
            sessions["\(fields[0])/\(fields[1])"] = (Int(fields[current]) ?? 0) + (Int(fields[queued]) ?? 0)
        }
        return sessions
    }
}
