import Logging

/// The keys that every service's file has.
package struct ServiceConfiguration: Sendable, Hashable {
    /// The Unix socket to make; not used when systemd passes one.
    package var socket: String
    /// Its mode.
    package var socketMode: UInt32
    /// The gid that it belongs to.
    package var socketGroup: UInt32?
    /// Which room may call: its name to its uid. Several names may have one uid.
    package var callers: [String: UInt32]
    /// Who may use the admin routes beside root.
    package var adminUIDs: Set<UInt32>
    package var logLevel: Logger.Level
    /// How long running requests may go on after SIGTERM.
    package var shutdownGrace: Duration

    package init(
        socket: String, socketMode: UInt32 = 0o660, socketGroup: UInt32? = nil, callers: [String: UInt32] = [:],
        adminUIDs: Set<UInt32> = [], logLevel: Logger.Level = .info, shutdownGrace: Duration = .seconds(20)
    ) {
        self.socket = socket
        self.socketMode = socketMode
        self.socketGroup = socketGroup
        self.callers = callers
        self.adminUIDs = adminUIDs
        self.logLevel = logLevel
        self.shutdownGrace = shutdownGrace
    }

    /// Reads `socket`, `socket_mode`, `socket_group`, `callers`, `admins`, `log_level`, `shutdown_grace`.
    package init(reading section: ConfigSection) {
        socket = section.socket("socket")
        let mode = section.string("socket_mode", default: "0660")
        socketMode = UInt32(mode.hasPrefix("0o") ? String(mode.dropFirst(2)) : mode, radix: 8) ?? 0
        if !(0o600...0o777).contains(socketMode) { section.problem("socket_mode", "'\(mode)' is not an octal mode such as 0660") }
        socketGroup = section.optionalString("socket_group").flatMap { group in
            let gid = UnixAccount.gid(of: group)
            if gid == nil { section.problem("socket_group", "there is no group '\(group)' on this machine", code: "CONF-106") }
            return gid
        }
        callers = [:]
        for (caller, user) in section.stringMap("callers") {
            callers[caller] = UnixAccount.uid(of: user)
            if callers[caller] == nil {
                section.problem("callers", "\(caller): there is no user '\(user)' on this machine", code: "CONF-106")
            }
        }
        adminUIDs = []
        for user in section.strings("admins") {
            guard let uid = UnixAccount.uid(of: user) else {
                section.problem("admins", "there is no user '\(user)' on this machine", code: "CONF-106")
                continue
            }
            adminUIDs.insert(uid)
        }
        let level = section.choice("log_level", of: Logger.Level.allCases.map(\.rawValue), default: "info")
        logLevel = Logger.Level(rawValue: level) ?? .info
        shutdownGrace = section.seconds("shutdown_grace", in: 0...600, default: 20)
    }
}
