/// A job as the launcher reads it: records of a type, a length and bytes, behind a head (see martlet_sandbox.h).
struct LauncherRequest {
    /// What the launcher takes.
    static let mostBytes = 64 << 20, mostItems = 4096

    private(set) var bytes: [UInt8] = []

    init(_ job: SandboxJob) throws(SandboxError) {
        try Self.check(job)
        bytes = Array("MSB1".utf8) + [0, 0, 0, 0]
        for argument in job.command { add("c", Array(argument.utf8)) }
        for (name, value) in job.environment.sorted(by: { $0.key < $1.key }) { add("e", Array("\(name)=\(value)".utf8)) }
        for file in job.files {
            let path = Array(file.path.utf8)
            let head: [UInt8] = [file.isExecutable ? 1 : 0, UInt8(path.count >> 8), UInt8(path.count & 0xff)]
            add("f", head + path + file.bytes)
        }
        for path in job.readOnly { add("r", Array(path.utf8)) }
        for path in job.collect { add("o", Array(path.utf8)) }
        add("n", [job.network == .outside ? 1 : 0])
        if let loopback = job.loopback { add("L", [UInt8(loopback.port >> 8), UInt8(loopback.port & 0xff)]) }
        if let image = job.image { add("i", Array(image.utf8)) }
        if let folder = job.workingDirectory { add("d", Array(folder.utf8)) }
        let limits = job.limits
        add(
            "l",
            [
                limits.wallSeconds, limits.cpuSeconds, limits.memoryBytes, limits.processes, limits.fileBytes, limits.outputBytes,
                limits.collectBytes,
            ].flatMap { limit in (0..<8).map { UInt8(truncatingIfNeeded: UInt64(max(limit, 1)) >> (56 - 8 * $0)) } })
        guard bytes.count - 8 <= Self.mostBytes else {
            throw SandboxError("the job's files and variables are \(bytes.count) bytes; at most \(Self.mostBytes) are taken")
        }
        for (index, byte) in Self.length(bytes.count - 8).enumerated() { bytes[4 + index] = byte }
    }

    private static func check(_ job: SandboxJob) throws(SandboxError) {
        guard let program = job.command.first, !program.isEmpty else { throw SandboxError("the job names no program") }
        if job.command.contains(where: { $0.utf8.contains(0) }) { throw SandboxError("an argument holds a NUL") }
        for (name, value) in job.environment {
            // Never the value: it may be a secret.
            if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) || name.utf8.contains(0) || value.utf8.contains(0) {
                throw SandboxError("the variable '\(name)' has no name that can be set, or holds a NUL")
            }
        }
        for path in job.files.map(\.path) + job.collect where !SandboxFile.isInside(path) {
            throw SandboxError("the path '\(path)' is not inside the workspace")
        }
        if Set(job.files.map(\.path)).count != job.files.count { throw SandboxError("two files have the same path") }
        for path in job.readOnly + [job.image, job.workingDirectory].compactMap({ $0 })
        where !path.hasPrefix("/") || !SandboxFile.isInside(String(path.dropFirst())) {
            throw SandboxError("the path '\(path)' is not absolute and plain")
        }
        if let port = job.loopback?.port, !(1024...65535).contains(port) {
            throw SandboxError("port \(port) is not from 1024 to 65535")
        }
        let items = [job.command.count, job.environment.count, job.files.count, job.readOnly.count, job.collect.count]
        guard items.allSatisfy({ $0 <= mostItems }) else {
            throw SandboxError("the job has more than \(mostItems) items of one kind")
        }
    }

    private static func length(_ count: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } }

    private mutating func add(_ type: Unicode.Scalar, _ content: [UInt8]) {
        bytes.append(UInt8(ascii: type))
        bytes += Self.length(content.count)
        bytes += content
    }
}
