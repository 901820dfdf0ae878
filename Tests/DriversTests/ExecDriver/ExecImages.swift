import DeployTargets
import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport

/// Images for programs, in a real Podman, unpacked into a folder that jobs can read.
final class ExecImages: ImageShelf {
    static let isAvailable = PrivatePodman.isAvailable && SandboxLauncher.isAvailable
    /// Busybox with a few of its names, and nothing more.
    static let tools = "localhost/tools:1"

    private let shelf: PodmanImageShelf
    /// Goes with the last driver that shows images from it.
    private let folder: TemporaryFolder

    init() async throws {
        let podman = try await PrivatePodman.shared()
        folder = try (try await SandboxLauncher.shared()).makeFolder()
        shelf = PodmanImageShelf(socket: podman.socket, host: "test", folder: folder.file("images"), limits: ImageLimits())
        try await Self.build(Self.tools)
    }

    func driver(_ name: String = "container") async throws -> ExecDriver {
        try await ExecFixture.driver(name, images: self)
    }

    func unpacked(_ image: String) async throws(ImageError) -> UnpackedImage { try await shelf.unpacked(image) }

    /// - Parameter more: entries beside busybox's.
    static func build(_ name: String, changes: [String] = [], _ more: (inout TarArchive) -> Void = { _ in }) async throws {
        var archive = TarArchive()
        archive.folder("bin")
        archive.file("bin/busybox", try PrivatePodman.read("/bin/busybox"))
        for applet in ["sh", "cat", "cut", "find", "id", "ls", "pwd", "sed", "touch", "env"] {
            archive.link("bin/\(applet)", to: "busybox")
        }
        more(&archive)
        try await PrivatePodman.shared().buildImage(name, archive, changes: changes)
    }

    /// As definitions for the reference's driver have it.
    static func request(
        _ script: String, _ more: [String: JSON] = [:], image: String = tools, secrets: JSON = [:], params: JSON = ["size": 3]
    )
        -> DriverRequest
    {
        var values: [String: JSON] = [
            "job": [
                "image": .string(image), "command": ["/bin/sh", "./run.sh"], "namespace": "runners", "shared_directory": "/x",
            ],
            "files": ["run.sh": .string("set -eu\n" + script)],
        ]
        values.merge(more) { _, new in new }
        return DriverBench.request(params: params, values: .object(values), secrets: secrets)
    }

    /// The container driver with an image of its own, for the conformance suite.
    static func fixture() async throws -> DriverFixture {
        let images = try await ExecImages()
        let script = #"""
            [ "$ACTION" = create ] || exit 0
            size=$(sed -n 's/.*"size":\([0-9]*\).*/\1/p' "$INPUTS_FILE")
            printf '{"name": "box-%s", "size": %s}' "$(echo "$MARTLET_RESOURCE_ID" | cut -c 1-6)" "$size" > "$OUTPUTS_FILE"
            printf '{"token": "made-%s"}' "$TOKEN" > "$SECRET_OUTPUTS_FILE"
            printf 'size %s' "$size" > "$STATE_FILE"
            """#
        func request(_ size: Int64) -> DriverRequest {
            Self.request(script, secrets: ["variables": ["TOKEN": "correct-horse"]], params: ["size": .int(size)])
        }
        let wrong = DriverBench.request(
            values: [
                "job": ["image": 7, "comand": ["/bin/sh"]], "files": ["a/../b": "x"], "cluster": "prod",
            ], secrets: ["variables": ["OUTPUTS_FILE": "correct-horse"]])
        return DriverFixture(
            make: { try await images.driver() }, request: request(3), changed: request(4), wrong: wrong,
            problems: [
                "DRV-601 driver_inputs.values.job.comand", "DRV-601 driver_inputs.values.job.image",
                "DRV-601 driver_inputs.values.files.a/../b", "DRV-601 driver_inputs.secret_refs.variables.OUTPUTS_FILE",
            ], mark: .nowhere)
    }
}
