import PlatformModel

/// What the observations mean. Every remedy is something to do.
enum DoctorRules {
    static let daysOfWarning: Int64 = 30
    private static let day: Int64 = 86_400_000

    /// - Parameters:
    ///   - version: This program's.
    ///   - schema: What this program needs.
    static func findings(_ seen: HostObservations, version: String, schema: Int) -> [Finding] {
        seen.rooms.flatMap { room($0, version: version) } + [database(seen.database, schema: schema)]
            + clock(seen) + [certificate(seen.certificate, now: seen.now)] + directory(seen.directory) + stores(seen)
            + seen.disks.map(disk) + [podman(seen.podman), proxy(seen)] + secrets(seen) + backup(seen)
            + [audit(seen.audit, now: seen.now)]
    }

    // MARK: Rooms

    private static func room(_ room: HostObservations.Room, version: String) -> [Finding] {
        let unit = "martlet-\(room.name)"
        var findings: [Finding] = []
        if let socket = room.socket, socket.owner != 0 || socket.mode & 0o7 != 0 {
            findings.append(
                .failure(
                    room.name, "\(socket.path) has the mode \(octal(socket.mode)) and the owner \(socket.owner)",
                    "Run: systemctl restart \(unit).socket (it is to be root's, and closed to others)."))
        }
        switch room.answer {
        case .none(let reason):
            findings.append(
                .failure(
                    room.name, "does not answer: \(reason)",
                    "Run: systemctl restart \(unit); then read: journalctl -u \(unit) -n 50"))
        case .came(_, let failing) where !failing.isEmpty:
            let reasons = failing.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
            findings.append(
                .failure(room.name, "is not ready: \(reasons)", "Mend that; it goes on by itself. journalctl -u \(unit) -n 50"))
        case .came(let other, _) where other != version:
            findings.append(
                .warning(
                    room.name, "is of version \(other), this program of \(version)",
                    "Run: systemctl restart \(unit); if that does not help, install all packages in one version."))
        case .came: findings.append(.ok(room.name, "ready, version \(version)"))
        }
        return findings
    }

    // MARK: Database and clock

    private static func database(_ database: HostObservations.Database, schema: Int) -> Finding {
        switch database {
        case .away(let reason):
            .failure("database", reason, "Start PostgreSQL (systemctl start postgresql), or correct `database` in admin.yaml.")
        case .reached(let found, _, _) where found == 0:
            .failure("database", "there is no schema in it", "Run: martlet-admin prepare")
        case .reached(let found, _, _) where found < schema:
            .failure("database", "the schema is at version \(found), and \(schema) is needed", "Run: martlet-admin migrate")
        case .reached(let found, _, _) where found > schema:
            .warning(
                "database", "the schema is at version \(found), newer than the \(schema) of this program",
                "Install the version of Martlet that migrated it; going back is done by martlet-admin restore.")
        case .reached: .ok("database", "the schema is at version \(schema)")
        }
    }

    private static func clock(_ seen: HostObservations) -> [Finding] {
        var findings: [Finding] = []
        switch seen.clockIsSynchronised {
        case true?: findings.append(.ok("clock", "kept by a time server"))
        case false?:
            findings.append(
                .warning(
                    "clock", "no time server keeps it",
                    "Run: apt install systemd-timesyncd (or chrony), and timedatectl set-ntp true"))
        case nil: findings.append(.warning("clock", "the kernel does not say whether it is kept", "Look at: timedatectl"))
        }
        if case .reached(_, let off, _) = seen.database, abs(off) > 2 {
            findings.append(
                .failure(
                    "clock", "PostgreSQL's clock is \(Int(abs(off))) s \(off > 0 ? "ahead" : "behind")",
                    "Let both hosts follow the same time servers: sessions and leases are counted by both clocks."))
        }
        return findings
    }

    // MARK: What people meet

    private static func certificate(_ certificate: HostObservations.CertificateState, now: Timestamp) -> Finding {
        switch certificate {
        case .none:
            return .warning(
                "certificate", "there is none yet", "Start the gateway, which makes one: systemctl start martlet-gateway")
        case .unreadable(let reason):
            return .failure("certificate", reason, "Put certificate and key where `tls` of gateway.yaml says, in PEM.")
        case .read(let path, let end, let isSelfSigned, let missing):
            let days = (end.milliseconds - now.milliseconds) / day
            let renewal =
                isSelfSigned
                ? "Remove it with its key and run: systemctl restart martlet-gateway, which makes another; clients trust it anew."
                : "Put a renewed one in its place and run: systemctl restart martlet-gateway"
            if end <= now { return .failure("certificate", "\(path) ended at \(end)", renewal) }
            if days < daysOfWarning { return .warning("certificate", "\(path) ends in \(days) days, at \(end)", renewal) }
            if !missing.isEmpty {
                return .warning(
                    "certificate", "\(path) is not for \(missing.joined(separator: ", "))",
                    "Get one for every name in `tls.names` of gateway.yaml, or take the name out there.")
            }
            if isSelfSigned {
                return .ok("certificate", "good for \(days) days; self-made: clients need it as their authority (\(path))")
            }
            return .ok("certificate", "good for \(days) days")
        }
    }

    private static func directory(_ directory: HostObservations.Directory) -> [Finding] {
        switch directory {
        case .notConfigured:
            return [
                .warning(
                    "directory", "no directory is configured: nobody can sign in with a password", "Run: martlet-admin setup")
            ]
        case .notChecked(let reason):
            return [.failure("directory", reason, "Run: martlet-admin ldap check")]
        case .checked(let steps):
            let bad = steps.filter { $0.level != .ok }
            guard !bad.isEmpty else { return [.ok("directory", "reached, and people are found in it")] }
            return bad.map { step in
                Finding(
                    area: "directory", level: step.level, what: "\(step.name): \(step.detail)",
                    remedy: step.remedy ?? "Run: martlet-admin ldap check")
            }
        }
    }

    private static func stores(_ seen: HostObservations) -> [Finding] {
        guard case .reached(_, _, let stores) = seen.database, !stores.isEmpty else { return [] }
        let names = stores.map { "\($0.organization)/\($0.id) (\($0.address.withoutControls))" }.joined(separator: ", ")
        guard seen.storesAreAllowed else {
            return [
                .failure(
                    "stores", "organisations use \(names), and this host lets the broker reach nothing outside",
                    "Name their addresses in `stores.addresses` of broker.yaml, and run: systemctl restart martlet-broker")
            ]
        }
        return [.ok("stores", "of organisations' own: \(names)")]
    }

    // MARK: The host

    private static func disk(_ disk: HostObservations.Disk) -> Finding {
        let text = "\(bytes(disk.free)) of \(bytes(disk.total)) free in \(disk.path) (\(disk.what))"
        let remedy = "Make room or make it larger: docs/operating/full-disk.md says what may go."
        if disk.free < 512 << 20 || disk.free < disk.total / 50 { return .failure("disk", text, remedy) }
        if disk.free < 2 << 30 || disk.free < disk.total / 10 { return .warning("disk", text, remedy) }
        return .ok("disk", text)
    }

    private static func podman(_ podman: HostObservations.Peer) -> Finding {
        switch podman {
        case .answers(let version): .ok("podman", "answers, version \(version)")
        case .silent(let path, let reason):
            .failure("podman", "\(path): \(reason)", "Run: systemctl enable --now podman.socket")
        case .notConfigured, .notNeededYet:
            .warning("podman", "runner.yaml names no socket", "Give `podman.socket` in runner.yaml.")
        }
    }

    private static func proxy(_ seen: HostObservations) -> Finding {
        let ports = seen.proxyPortsWithoutRight.map(String.init).joined(separator: ", ")
        return switch seen.proxy {
        case .answers(let version): .ok("routes", "HAProxy answers, version \(version)")
        case .silent(let path, let reason) where !ports.isEmpty:
            .failure(
                "routes",
                "\(path): \(reason); `routes.binds` of runner.yaml names port \(ports), which HAProxy may not open itself",
                "Leave `:80` there and give the port to the socket: systemctl edit martlet-routes.socket (docs/operating/install.md); or use "
                    + "ports from 1024 on.")
        case .silent(let path, let reason):
            .failure(
                "routes", "\(path): \(reason)",
                "Run: systemctl restart martlet-routes; workloads get no requests without it. journalctl -u martlet-routes -n 50")
        case .notNeededYet: .ok("routes", "HAProxy starts with the first route")
        case .notConfigured: .ok("routes", "none on this host: runner.yaml has no section `routes`")
        }
    }

    private static func secrets(_ seen: HostObservations) -> [Finding] {
        var findings: [Finding] = []
        if !seen.hasRootKey {
            findings.append(
                .failure(
                    "keys", "the broker's root key is not there",
                    "On a new host run: martlet-admin prepare. Otherwise restore it first: without it no secret opens."))
        }
        for file in seen.secrets {
            if file.mode & 0o077 != 0 {
                findings.append(
                    .failure(
                        "keys", "\(file.path) has the mode \(octal(file.mode))",
                        "Run: chmod 0400 \(file.path); then change that secret."))
            } else if !file.owners.contains(file.owner) {
                findings.append(
                    .failure("keys", "\(file.path) belongs to the user \(file.owner)", "Run: chown root: \(file.path)"))
            } else if file.isPlain {
                findings.append(
                    .warning("keys", "\(file.path) lies there in clear", "Run: martlet-admin prepare (it seals it to this host).")
                )
            }
        }
        return findings.isEmpty ? [.ok("keys", "there, and closed to others")] : findings
    }

    private static func backup(_ seen: HostObservations) -> [Finding] {
        guard seen.hasBackupKey else {
            return [
                .warning("backup", "there is no key for backups", "Run: martlet-admin backup-key FILE, and keep FILE elsewhere.")
            ]
        }
        if let path = seen.backupKeyAt {
            return [
                .warning(
                    "backup", "the key that opens backups is on this host: \(path)",
                    "Move it to where you keep keys: who loses this host loses its backups with it.")
            ]
        }
        return [.ok("backup", "the key that opens backups is kept elsewhere")]
    }

    private static func audit(_ audit: HostObservations.Audit, now: Timestamp) -> Finding {
        switch audit {
        case .broken(let problem):
            return .failure(
                "audit", "the log is not whole: \(problem)",
                "Read docs/operating/audit.md: keep the database as it is, and find out who.")
        case .notChecked(let reason):
            return .warning("audit", reason, "Mend that, then run: martlet-admin audit verify")
        case .whole(_, _, _, let unsealed, let since?) where now.milliseconds - since.milliseconds > 60_000:
            return .failure(
                "audit", "\(unsealed) entries wait to be sealed since \(since)",
                "Run: systemctl restart martlet-broker; it seals the log.")
        case .whole(let entries, let passedOver, let ends, _, _):
            let rest = passedOver > 0 ? "; not looked at: the \(passedOver) before (martlet-admin audit verify)" : ""
            return .ok(
                "audit",
                "\(passedOver > 0 ? "the last " : "")\(entries) entries are whole, \(ends) signed ends from outside the database agree"
                    + rest)
        }
    }

    // MARK: Words

    private static func octal(_ mode: UInt32) -> String {
        let text = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - text.count)) + text
    }

    static func bytes(_ count: Int64) -> String {
        if count >= 10 << 30 { return "\(count >> 30) GiB" }
        return "\(count >> 20) MiB"
    }
}
