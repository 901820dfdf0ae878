import FoundationEssentials

/// `Tests/Vault/stand_in.py` as a real process on a free port of loopback, over TLS.
package final class VaultStandIn: Sendable {
    package static let folder = String(#filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()) + "/Vault"

    /// `https://127.0.0.1:PORT`.
    package let url: String
    private let process: ProgramProcess
    private let files: TemporaryFolder

    /// - Parameters:
    ///   - certificate: PEM; clients are to trust it.
    ///   - key: PEM.
    package init(certificate: String, key: String) async throws {
        let files = try TemporaryFolder("vault")
        _ = try files.write(certificate, to: "server.pem")
        _ = try files.write(key, to: "server.key")
        let process = try ProgramProcess(
            "/usr/bin/python3", arguments: [Self.folder + "/stand_in.py", files.file("server.pem"), files.file("server.key")],
            log: files.file("output"))
        url = try await eventually("the address of the stand-in for Vault") {
            process.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first { $0.hasPrefix("https://") }
                .map(String.init)
        }
        self.process = process
        self.files = files
    }

    deinit { process.kill(9) }

    package var certificateFile: String { files.file("server.pem") }
}

extension VaultStandIn {
    /// A Python that has hvac: MARTLET_TEST_HVAC, or the system's.
    package static let judge: String? = {
        let candidates = [ProcessInfo.processInfo.environment["MARTLET_TEST_HVAC"] ?? "", "/opt/hvac/bin/python3"]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()
}
