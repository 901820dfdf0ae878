import NIOHTTP1
import NIOPosix
import PlatformModel
import Synchronization

/// Images of this machine's Podman, unpacked once each and kept by their id, which is the digest of what they are. None is ever pulled.
///
/// Podman gives an image's files as one archive of a container that is made from it and never started.
package final class PodmanImageShelf: ImageShelf {
    private static let label = "martlet.unpacking"
    /// To unpack one image.
    private static let patience: Duration = .seconds(300)

    private let client: PodmanClient
    private let host: String
    private let folder: ImageFolder
    private let limits: ImageLimits
    private let gate = KeyedGate<String>()
    /// What images take that are being unpacked, by id.
    private let reserved = Mutex<[String: Int]>([:])
    private let isPrepared = Mutex(false)

    /// - Parameters:
    ///   - socket: Podman's.
    ///   - folder: this process's user may write to it, and every user may go through all that is above it.
    package init(socket: String, host: String, folder: String, limits: ImageLimits) {
        client = PodmanClient(socket: socket)
        self.host = host
        self.folder = ImageFolder(path: folder)
        self.limits = limits
    }

    package func unpacked(_ image: String) async throws(ImageError) -> UnpackedImage {
        let inspected: JSON
        do throws(PodmanFailure) {
            inspected = try await client.json(.GET, "/images/\(PercentEncoding.encode(image))/json")
        } catch {
            guard error.isMissing else { throw ImageError(error.message, isTransient: error.isTransient) }
            throw ImageError("it is not on this machine, and none is fetched; build it here, or load it with 'podman load'")
        }
        let id = inspected["Id"]?.string ?? ""
        guard (32...128).contains(id.utf8.count), id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw ImageError("Podman tells no digest of it") }
        let lease = try await lease(id, inspected["Size"]?.int ?? 0)
        return UnpackedImage(inspected["Config"] ?? .null, folder: folder.root(of: id), lease: lease)
    }

    private func lease(_ id: String, _ size: Int) async throws(ImageError) -> ImageLease {
        if let lease = folder.lease(id) { return lease }
        return try await gate.hold(id) { () async throws(ImageError) -> ImageLease in
            // Another one unpacked it meanwhile.
            if let lease = folder.lease(id) { return lease }
            if Task.isCancelled { throw ImageError("cancelled", isTransient: true) }
            try await prepare()
            try await reserve(id, size)
            defer { reserved.withLock { $0[id] = nil } }
            try await unpack(id)
            return try await unpackedLease(id)
        }
    }

    /// Whoever was faster, in another process, holds the folder for himself until he has done everything.
    private func unpackedLease(_ id: String) async throws(ImageError) -> ImageLease {
        for _ in 0..<Self.looks {
            if let lease = folder.lease(id) { return lease }
            guard folder.isThere(id) else { break }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { throw ImageError("cancelled", isTransient: true) }
        }
        throw ImageError("it was removed at once", isTransient: true)
    }

    /// Five seconds.
    private static let looks = 250

    /// Once: what an earlier process left.
    private func prepare() async throws(ImageError) {
        guard !isPrepared.withLock({ $0 }) else { return }
        try await onThread { [folder] () throws(ImageError) in try folder.prepare() }
        do throws(PodmanFailure) {
            for left in try await client.containers([Self.label: host]) { try await client.removeContainer(left.id) }
        } catch {
            throw ImageError(error.message, isTransient: true)
        }
        isPrepared.withLock { $0 = true }
    }

    /// `size` is Podman's: the sum of the image's layers.
    private func reserve(_ id: String, _ size: Int) async throws(ImageError) {
        guard size <= limits.imageBytes else {
            throw ImageError(
                "it has \(size >> 20) MiB; this runner unpacks \(limits.imageBytes >> 20) MiB (exec.images.image_mib in runner.yaml)"
            )
        }
        let sum = reserved.withLock { reserved in
            reserved[id] = size
            return reserved.values.reduce(0, +)
        }
        let fits = try await onThread { [folder, limits] () throws(ImageError) in
            folder.makeRoom(for: sum, within: limits.totalBytes)
        }
        guard fits else {
            reserved.withLock { $0[id] = nil }
            throw ImageError(
                "there is no room for it: the images in use fill \(limits.totalBytes >> 20) MiB (exec.images.total_mib in runner.yaml)",
                isTransient: true)
        }
    }

    private func unpack(_ id: String) async throws(ImageError) {
        let name = "martlet-unpacking-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        let (partial, lock) = try await onThread { [folder] () throws(ImageError) in try folder.begin() }
        defer { lock.release() }
        let outcome: Result<Void, ImageError>
        do throws(ImageError) {
            try await export(id, as: name, to: partial)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        // Unstructured, and awaited: it must be done for a task that is cancelled, too.
        await Task { [client] in try? await client.removeContainer(name) }.value
        // After success there is nothing, unless another process was faster.
        try await onThread { () throws(ImageError) in FolderRemoval.remove(partial) }
        try outcome.get()
    }

    private func export(_ id: String, as name: String, to partial: String) async throws(ImageError) {
        let unpacker = try ImageUnpacker(into: ImageFolder.root(inPartial: partial), limits: limits)
        do {
            try await client.create([
                "name": .string(name), "image": .string(id), "labels": [Self.label: .string(host)], "netns": ["nsmode": "none"],
                // It is never started.
                "entrypoint": [], "command": ["/martlet-never-starts"], "image_volume_mode": "ignore",
            ])
            try await client.export(name, within: Self.patience) { [self] piece in
                try await onThread { () throws(ImageError) in try unpacker.take(piece) }
            }
        } catch let error as ImageError {
            throw error
        } catch let error as PodmanFailure {
            throw ImageError(error.message, isTransient: error.isTransient)
        } catch {
            throw ImageError("Podman's archive of it ended early: \(error)", isTransient: true)
        }
        try await onThread { [folder] () throws(ImageError) in
            try unpacker.finish()
            try folder.complete(partial, id: id, bytes: unpacker.bytes)
        }
    }

    /// Files are written where waiting for a disk holds nobody else up.
    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ImageError) -> Value
    ) async throws(ImageError) -> Value {
        let result: Result<Value, ImageError>
        do {
            result = try await NIOThreadPool.singleton.runIfActive {
                do throws(ImageError) { return .success(try body()) } catch { return .failure(error) }
            }
        } catch {
            throw ImageError("cancelled", isTransient: true)
        }
        return try result.get()
    }
}

extension UnpackedImage {
    /// - Parameter config: `Config` of the image, as Podman tells it (OCI image specification, config.md).
    init(_ config: JSON, folder: String, lease: ImageLease) {
        func words(_ name: String) -> [String] { (config[name]?.array ?? []).compactMap(\.string) }
        var environment: [String: String] = [:]
        for variable in words("Env") {
            guard let equals = variable.firstIndex(of: "="), equals != variable.startIndex, !variable.utf8.contains(0) else {
                continue
            }
            environment[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
        }
        let parts = (config["WorkingDir"]?.string ?? "").split(separator: "/").filter { $0 != "." }
        self.init(
            folder: folder, environment: environment, entryPoint: words("Entrypoint"), arguments: words("Cmd"),
            workingDirectory: parts.isEmpty || parts.contains("..") ? nil : "/" + parts.joined(separator: "/"), lease: lease)
    }
}
