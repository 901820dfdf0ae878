import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

@testable import AdminTool

@Suite struct DoctorRulesTests {
    private static let now = Timestamp(milliseconds: 1_795_000_000_000)
    private static let day: Int64 = 86_400_000

    /// A host on which all is well.
    static func good() -> HostObservations {
        HostObservations(
            now: now,
            rooms: ["gateway", "orchestrator", "runner", "broker", "logs"].map {
                .init(
                    name: $0, socket: .init(path: "/run/martlet/\($0).sock", mode: 0o660, owner: 0),
                    answer: .came(version: "0.1.0", failing: [:]))
            },
            certificate: .read(
                path: "/tls/certificate.pem", goodUntil: Timestamp(milliseconds: now.milliseconds + 400 * day),
                isSelfSigned: false,
                missing: []),
            directory: .checked([.init(level: .ok, name: "connect", detail: "ldaps://ldap", remedy: nil)]),
            database: .reached(schema: 45, secondsOff: 0.1, stores: []), storesAreAllowed: false,
            disks: [.init(path: "/", what: "system, Martlet", free: 40 << 30, total: 100 << 30)], clockIsSynchronised: true,
            podman: .answers("4.3.1"), proxy: .answers("2.6.12"), hasRootKey: true,
            secrets: [.init(path: "/c/root-key.cred", mode: 0o600, owner: 0, owners: [0], isPlain: false)], backupKeyAt: nil,
            hasBackupKey: true, audit: .whole(entries: 12, passedOver: 0, ends: 2, unsealed: 0, unsealedSince: nil))
    }

    private static func findings(_ seen: HostObservations) -> [Finding] {
        DoctorRules.findings(seen, version: "0.1.0", schema: 45)
    }

    @Test func aGoodHostHasNoRemedies() {
        let findings = Self.findings(Self.good())
        #expect(findings.allSatisfy { $0.level == .ok && $0.remedy == nil }, "\(findings.filter { $0.level != .ok })")
        #expect(
            Set(findings.map(\.area)) == [
                "gateway", "orchestrator", "runner", "broker", "logs", "database", "clock", "certificate", "directory", "disk",
                "podman",
                "routes", "keys", "backup", "audit",
            ])
    }

    private struct Case: Sendable {
        var area: String
        var level: Finding.Level
        var change: @Sendable (inout HostObservations) -> Void

        init(_ area: String, _ level: Finding.Level, _ change: @escaping @Sendable (inout HostObservations) -> Void) {
            self.area = area
            self.level = level
            self.change = change
        }
    }

    private static func certificate(days: Int64, isSelfSigned: Bool = false, missing: [String] = [])
        -> HostObservations.CertificateState
    {
        .read(
            path: "/tls/certificate.pem", goodUntil: Timestamp(milliseconds: now.milliseconds + days * day),
            isSelfSigned: isSelfSigned,
            missing: missing)
    }

    private static let cases: [Case] = [
        Case("gateway", .failure) { $0.rooms[0].answer = .none("gateway cannot be reached: no such file") },
        Case("gateway", .failure) {
            $0.rooms[0].answer = .came(version: "0.1.0", failing: ["schema": "too old", "database": "away"])
        },
        Case("gateway", .warning) { $0.rooms[0].answer = .came(version: "0.0.9", failing: [:]) },
        Case("broker", .failure) { $0.rooms[3].socket?.mode = 0o666 },
        Case("broker", .failure) { $0.rooms[3].socket?.owner = 1000 },
        Case("database", .failure) { $0.database = .away("PostgreSQL connection: refused") },
        Case("database", .failure) { $0.database = .reached(schema: 0, secondsOff: 0, stores: []) },
        Case("database", .failure) { $0.database = .reached(schema: 44, secondsOff: 0, stores: []) },
        Case("database", .warning) { $0.database = .reached(schema: 46, secondsOff: 0, stores: []) },
        Case("clock", .warning) { $0.clockIsSynchronised = false },
        Case("clock", .warning) { $0.clockIsSynchronised = nil },
        Case("clock", .failure) { $0.database = .reached(schema: 45, secondsOff: 7.5, stores: []) },
        Case("clock", .failure) { $0.database = .reached(schema: 45, secondsOff: -7.5, stores: []) },
        Case("certificate", .failure) { $0.certificate = certificate(days: 0) },
        Case("certificate", .warning) { $0.certificate = certificate(days: 29) },
        Case("certificate", .warning) { $0.certificate = certificate(days: 29, isSelfSigned: true) },
        Case("certificate", .warning) { $0.certificate = certificate(days: 100, missing: ["martlet.example.org"]) },
        Case("certificate", .warning) { $0.certificate = .none },
        Case("certificate", .failure) { $0.certificate = .unreadable("/tls/certificate.pem is no certificate in PEM") },
        Case("directory", .warning) { $0.directory = .notConfigured },
        Case("directory", .failure) { $0.directory = .notChecked("the check did not end in time: ldaps://ldap") },
        Case("directory", .failure) {
            $0.directory = .checked([.init(level: .failure, name: "bind", detail: "refused", remedy: "Correct ldap.bind_dn.")])
        },
        Case("directory", .warning) {
            $0.directory = .checked([.init(level: .warning, name: "people", detail: "nobody", remedy: nil)])
        },
        Case("stores", .failure) {
            $0.database = .reached(
                schema: 45, secondsOff: 0, stores: [.init(organization: "acme", id: "vault", address: "https://vault:8200")])
        },
        Case("disk", .failure) { $0.disks[0].free = 1 << 30 },
        Case("disk", .failure) { $0.disks[0] = .init(path: "/", what: "system", free: 400 << 20, total: 2 << 30) },
        Case("disk", .warning) { $0.disks[0].free = 9 << 30 },
        Case("podman", .failure) { $0.podman = .silent(path: "/run/podman/podman.sock", reason: "no such file") },
        Case("podman", .warning) { $0.podman = .notConfigured },
        Case("routes", .failure) { $0.proxy = .silent(path: "/run/martlet/haproxy/runtime.sock", reason: "refused") },
        Case("routes", .failure) {
            $0.proxy = .silent(path: "/run/martlet/haproxy/runtime.sock", reason: "refused")
            $0.proxyPortsWithoutRight = [443]
        },
        Case("keys", .failure) { $0.hasRootKey = false },
        Case("keys", .failure) { $0.secrets[0].mode = 0o640 },
        Case("keys", .failure) { $0.secrets[0].owner = 1000 },
        Case("keys", .warning) { $0.secrets[0].isPlain = true },
        Case("backup", .warning) { $0.hasBackupKey = false },
        Case("backup", .warning) { $0.backupKeyAt = "/etc/martlet/credentials/backup-key" },
        Case("audit", .failure) { $0.audit = .broken("entry 7 was changed") },
        Case("audit", .warning) { $0.audit = .notChecked("the root key is away") },
        Case("audit", .failure) {
            $0.audit = .whole(
                entries: 12, passedOver: 0, ends: 2, unsealed: 3,
                unsealedSince: Timestamp(milliseconds: now.milliseconds - 61_000))
        },
    ]

    /// Each by itself gives exactly its finding, with something to do; all of them as people read them.
    @Test func everyFinding() throws {
        var page = ""
        for (index, one) in Self.cases.enumerated() {
            var seen = Self.good()
            one.change(&seen)
            let bad = Self.findings(seen).filter { $0.level != .ok }
            #expect(bad.count == 1 && bad.first?.area == one.area && bad.first?.level == one.level, "case \(index): \(bad)")
            #expect(bad.first?.remedy?.isEmpty == false, "case \(index)")
            page += bad.map { $0.text + "\n" }.joined()
        }
        page += "\nA good host:\n" + Self.findings(Self.good()).map { $0.text + "\n" }.joined()
        try expectGolden(page, "doctor.txt")
    }

    @Test func whatIsNoFault() {
        for change in [
            { (seen: inout HostObservations) in seen.certificate = Self.certificate(days: 30) },
            { $0.certificate = Self.certificate(days: 800, isSelfSigned: true) },
            { $0.proxy = .notConfigured },
            { $0.proxy = .notNeededYet },
            { $0.rooms[0].socket = nil },
            { $0.database = .reached(schema: 45, secondsOff: 1.9, stores: []) },
            {
                $0.audit = .whole(
                    entries: 12, passedOver: 0, ends: 0, unsealed: 3,
                    unsealedSince: Timestamp(milliseconds: Self.now.milliseconds - 5000))
            },
            { $0.audit = .whole(entries: 10_040, passedOver: 3_000_000, ends: 2, unsealed: 0, unsealedSince: nil) },
            {
                $0.storesAreAllowed = true
                $0.database = .reached(
                    schema: 45, secondsOff: 0, stores: [.init(organization: "a", id: "v", address: "https://v")])
            },
        ] as [(inout HostObservations) -> Void] {
            var seen = Self.good()
            change(&seen)
            #expect(Self.findings(seen).allSatisfy { $0.level == .ok })
        }
    }
}

/// Compares with a file beside the tests; `MARTLET_REWRITE_GOLDEN=1` writes it.
func expectGolden(_ text: String, _ name: String, source: String = #filePath) throws {
    let path = URL(filePath: source).deletingLastPathComponent().appending(path: "Golden/\(name)").path
    if ProcessInfo.processInfo.environment["MARTLET_REWRITE_GOLDEN"] == "1" {
        try Data(text.utf8).write(to: URL(filePath: path))
    }
    let expected = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    #expect(text == expected)
}
