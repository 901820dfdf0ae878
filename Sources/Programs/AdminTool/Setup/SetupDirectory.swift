import Cryptography
import DirectoryClient
import PlatformModel
import ServiceRuntime

/// Puts a directory into the gateway's file, once it was found to work.
struct SetupDirectory {
    let configFile: String
    let admin: AdminConfiguration

    var file: String { BackupPlaces.folder(of: configFile) + "/gateway.yaml" }
    var credential: HostCredential {
        HostCredential(path: BackupPlaces.folder(of: admin.rootKeyFile) + "/ldap-bind-password")
    }

    func connect(
        _ kind: DirectoryConfiguration.Kind, _ answers: SetupAnswers.Directory, password: SecretBytes,
        _ changed: (String) -> Void
    ) async throws {
        let before = try HostFile.text(file)
        let after = try Self.edited(before, kind, answers, file: file)
        try await check(after, password)
        let present = try? await credential.read()
        guard after != before || present != password else { return }
        if present != password {
            _ = try await credential.keep(password, owner: UnixAccount.uid(of: "_martlet-gateway") ?? 0)
            changed("kept the password of \(answers.bindDN)")
        }
        if after != before {
            try HostFile.replace(file, Array(after.utf8))
            changed("wrote the directory into \(file)")
        }
        guard HostFile.exists("/run/systemd/system") else { return changed("restart the gateway, which reads it then") }
        let restarted = try await HostProgram.run("systemctl", ["restart", "martlet-gateway.service"])
        guard let restarted, restarted.isGood else {
            throw ErrorBody(
                error: "ADM-042", message: "the gateway did not start again: \(restarted?.complaint ?? "no systemctl")")
        }
    }

    static func edited(
        _ text: String, _ kind: DirectoryConfiguration.Kind, _ answers: SetupAnswers.Directory, file: String
    ) throws -> String {
        let isActiveDirectory = kind == .activeDirectory
        let values: [([String], [String], Bool)] = [
            (["kind"], [kind.rawValue], false), (["urls"], answers.urls, true), (["ca"], [answers.authorities], false),
            (["bind_dn"], [answers.bindDN], false), (["user", "base"], [answers.userBase], false),
            (["group", "base"], [answers.groupBase], false),
            (["user", "filter"], [DirectoryConfiguration.userFilter(kind)], false),
            (["user", "id_attribute"], [isActiveDirectory ? "objectGUID" : "entryUUID"], false),
            (["user", "name_attribute"], [isActiveDirectory ? "sAMAccountName" : "uid"], false),
            (["group", "filter"], [DirectoryConfiguration.groupFilter(kind, .closure)], false),
        ]
        var text = text
        for (path, value, isList) in values {
            guard let next = ConfigEdit.set(["ldap"] + path, to: value, isList: isList, in: text) else {
                throw ErrorBody(error: "ADM-042", message: "\(file) has no section ldap.\(path[0]) to write the directory into")
            }
            text = next
        }
        // As the gateway would read it: what is wrong is told by key.
        _ = try ConfigReader.read(GatewayFile.self, bytes: Array(text.utf8), file: file)
        return text
    }

    private func check(_ text: String, _ password: SecretBytes) async throws {
        var ldap = try ConfigReader.read(GatewayFile.self, bytes: Array(text.utf8), file: file).ldap
        let memory = try MemoryFile(password)
        ldap.bindPasswordFile = memory.path
        defer { memory.close() }
        let directory = Directory(ldap)
        defer { directory.stop() }
        guard case .found(let report) = await directory.check(username: nil) else {
            throw ErrorBody(
                error: "ADM-003",
                message: "the check did not end in time: \(ldap.urls.joined(separator: ", ")); nothing was changed")
        }
        let failed = report.steps.filter { $0.outcome == .failed }
        guard failed.isEmpty else {
            let lines = failed.map {
                "\n  \($0.step): \($0.detail.withoutControls)" + ($0.remedy.map { "\n    \($0.withoutControls)" } ?? "")
            }
            throw ErrorBody(error: "ADM-043", message: "the directory does not work, and nothing was changed:" + lines.joined())
        }
    }
}
