import PlatformModel

/// Puts what is secret, and every mounted file, on a tmpfs: `ROOT/<replica>/<container>/`, closed to other users of the machine
/// by the modes of the outer folders. Below, the modes are what the containers' users need.
struct SecretFiles: Sendable {
    let root: PrivateFolder

    /// Written last: without it the folder is half made.
    private static let marker = "complete"

    /// Refuses a place that would keep secrets on disk.
    func prepare() throws(DeployError) {
        do { try root.make() } catch { throw Self.failure(error.message) }
        guard root.isOnTmpfs else {
            throw DeployError(
                code: "DEP-008", kind: .failed,
                message:
                    "'\(root.path)' is not on a tmpfs: secrets would be written to disk. Mount one there, or set another path")
        }
    }

    private static func failure(_ message: String) -> DeployError {
        DeployError(code: "DEP-008", kind: .transient, message: "secret files could not be written: \(message)")
    }

    func folder(_ replica: String, _ container: String) -> PrivateFolder { root.folder(replica).folder(container) }

    func isWhole(_ replica: String, _ container: String) -> Bool { folder(replica, container).exists(Self.marker) }

    func write(_ replica: String, _ container: ContainerPlan) throws(DeployError) {
        guard container.needsFiles else { return }
        try prepare()
        do {
            try root.makeFolder(replica, mode: 0o700)
            let folder = folder(replica, container.name)
            try folder.make()
            folder.remove(Self.marker)
            try folder.makeFolder("secrets", mode: 0o755)
            let variables = container.secretVariables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.value)\0" }.joined()
            try folder.write("secrets/env", Array(variables.utf8), mode: 0o444)
            for (index, mount) in container.mounts.enumerated() {
                guard case .files(let files) = mount.source else { continue }
                try folder.makeFolder("files/\(index)", mode: 0o755)
                for file in files {
                    if let slash = file.path.lastIndex(of: "/") {
                        try folder.makeFolder("files/\(index)/\(file.path[..<slash])", mode: 0o755)
                    }
                    try folder.write("files/\(index)/\(file.path)", file.contents.bytes, mode: UInt32(file.mode))
                }
            }
            try folder.touch(Self.marker)
        } catch {
            throw Self.failure(error.message)
        }
    }

    func remove(_ replica: String) { root.remove(replica) }
}
