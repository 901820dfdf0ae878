import FoundationEssentials
import Glibc
import PlatformModel
import TestSupport
import Testing

@testable import DeployTargets

/// Images of a real Podman.
@Suite(.enabled(if: PrivatePodman.isAvailable), .timeLimit(.minutes(3)))
struct PodmanImageShelfTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("shelf") }

    private func shelf(_ limits: ImageLimits = ImageLimits(), host: String = "test") async throws -> PodmanImageShelf {
        PodmanImageShelf(
            socket: try await PrivatePodman.shared().socket, host: host, folder: folder.file("images"), limits: limits)
    }

    private var kept: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.file("images"))) ?? []).sorted()
    }

    private func build(_ name: String, bytes: Int, changes: [String] = []) async throws {
        var archive = TarArchive()
        archive.file("data", (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ name.utf8.count) })
        archive.file("name", Array(name.utf8))
        try await PrivatePodman.shared().buildImage(name, archive, changes: changes)
    }

    @Test func anImageIsUnpackedOnceWithItsDefaults() async throws {
        let changes = [
            "ENV PATH=/bin", "ENV GREETING=good=day", #"ENTRYPOINT ["/name","-x"]"#, #"CMD ["more"]"#, "WORKDIR /srv/app/",
        ]
        try await build("localhost/defaults:1", bytes: 100_000, changes: changes)
        let shelf = try await shelf()
        let image = try await shelf.unpacked("localhost/defaults:1")
        #expect(image.environment["GREETING"] == "good=day" && image.environment["PATH"] == "/bin")
        #expect(image.entryPoint == ["/name", "-x"] && image.arguments == ["more"] && image.workingDirectory == "/srv/app")
        #expect(try PrivatePodman.read(image.folder + "/name") == Array("localhost/defaults:1".utf8))
        #expect(try PrivatePodman.read(image.folder + "/data").count == 100_000)
        var info = stat()
        #expect(stat(image.folder + "/data", &info) == 0 && info.st_mode & 0o7777 == 0o555)
        let before = info.st_ino
        let again = try await shelf.unpacked("localhost/defaults:1")
        #expect(again.folder == image.folder && stat(again.folder + "/data", &info) == 0 && info.st_ino == before)
        #expect(kept.count == 1)
        // Nothing of it is left in Podman.
        let containers = try await PrivatePodman.shared().call("GET", "/containers/json?all=true").body
        // Other tests unpack theirs at the same time.
        let left = containers.array?.filter { $0["Image"] == "localhost/defaults:1" }
        #expect(left == [], "\(containers.canonical)")
    }

    @Test func manyWhoAskAtOnceShareOneUnpacking() async throws {
        try await build("localhost/many:1", bytes: 3_000_000)
        let one = try await shelf(), other = try await shelf()
        let folders = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<12 {
                group.addTask { try await (number % 2 == 0 ? one : other).unpacked("localhost/many:1").folder }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(folders.count == 1 && kept.count == 1, "\(kept)")
    }

    @Test func whatIsNotUsedMakesRoom() async throws {
        for number in 1...3 { try await build("localhost/room:\(number)", bytes: 600_000 + number) }
        let shelf = try await shelf(ImageLimits(imageBytes: 1 << 20, totalBytes: 1_400_000))
        let first = try await shelf.unpacked("localhost/room:1")
        let second = try await shelf.unpacked("localhost/room:2")
        // Both are in use.
        let error = await #expect(throws: ImageError.self) { try await shelf.unpacked("localhost/room:3") }
        #expect(error?.isTransient == true && error?.message.contains("no room") == true, "\(error?.message ?? "")")
        #expect(access(first.folder, F_OK) == 0)
        first.lease.release()
        let third = try await shelf.unpacked("localhost/room:3")
        #expect(access(first.folder, F_OK) != 0 && access(second.folder, F_OK) == 0 && access(third.folder, F_OK) == 0)
        #expect(kept.count == 2, "\(kept)")
        // It comes back when it is asked for.
        second.lease.release()
        #expect(access(try await shelf.unpacked("localhost/room:1").folder, F_OK) == 0)
    }

    @Test func whatAProcessLeftBehindIsRemoved() async throws {
        let images = folder.file("images"), dead = images + "/partial-dead", living = images + "/partial-living"
        for path in [images, dead, dead + "/root", living] { #expect(mkdir(path, 0o755) == 0) }
        #expect(symlink("/etc", dead + "/root/link") == 0)
        let lock = open(living, O_RDONLY | O_DIRECTORY)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let podman = try await PrivatePodman.shared()
        let left = try await podman.call(
            "POST", "/containers/create",
            body: Array(
                #"{"name":"left","image":"\#(PrivatePodman.busyboxImage)","labels":{"martlet.unpacking":"left"}}"#.utf8))
        #expect(left.status == 201, "\(left)")
        try await build("localhost/left:1", bytes: 10)
        _ = try await shelf(host: "left").unpacked("localhost/left:1")
        #expect(kept.filter { $0.hasPrefix("partial") } == ["partial-living"])
        #expect(access("/etc/passwd", F_OK) == 0)
        #expect(try await podman.call("GET", "/containers/left/exists").status == 404)
    }

    @Test func whatCannotBeUsedIsTold() async throws {
        let shelf = try await shelf(ImageLimits(imageBytes: 100_000))
        for name in ["localhost/nothing:1", "no such image", "../../x"] {
            let error = await #expect(throws: ImageError.self, "\(name)") { try await shelf.unpacked(name) }
            #expect(
                error?.isTransient == false && error?.message.contains("not on this machine") == true,
                "\(name): \(error?.message ?? "")")
        }
        try await build("localhost/large:1", bytes: 200_000)
        let large = await #expect(throws: ImageError.self) { try await shelf.unpacked("localhost/large:1") }
        #expect(large?.message.contains("exec.images.image_mib") == true && large?.isTransient == false)
        #expect(kept.isEmpty)
        let away = PodmanImageShelf(
            socket: "/nowhere/podman.sock", host: "x", folder: folder.file("images"), limits: ImageLimits())
        let error = await #expect(throws: ImageError.self) { try await away.unpacked("localhost/large:1") }
        #expect(error?.isTransient == true)
    }
}
