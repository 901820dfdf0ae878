import Glibc
import Synchronization

/// The real launcher of sandboxes, compiled from its sources, for all tests of this process. It ends with the process. Needs root and
/// bubblewrap.
package final class SandboxLauncher: Sendable {
    /// Where it listens.
    package let socket: String
    /// The users of its jobs.
    package let firstUser: Int
    package let jobs: Int
    private let folder: TemporaryFolder
    private let user: UInt32
    private let shells: Mutex<[WatchedShell]>

    package static let isAvailable = geteuid() == 0 && access("/usr/bin/bwrap", X_OK) == 0

    /// Launchers of this process so far: each has users that no other has.
    private static let places = Mutex(0)
    private static let mostPlaces = 16, mostJobs = 16

    private static let started = Task { try await SandboxLauncher() }

    /// One for the whole process: started by the first who asks.
    package static func shared() async throws -> SandboxLauncher { try await started.value }

    /// One for a test that ends it.
    ///
    /// - Parameter user: who may ask, by number.
    package init(jobs: Int = 16, user: UInt32 = 0) async throws {
        self.jobs = jobs
        self.user = user
        folder = try TemporaryFolder("sandbox")
        socket = folder.file("launcher.sock")
        // Jobs have users of their own, who must get to what tests show them.
        chmod(folder.path, 0o755)
        let program = folder.file("martlet-sandbox")
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let built = try Command.run("\(root)/scripts/build-martlet-sandbox", [program])
        guard built.code == 0 else { throw Command.Failure(description: "build-martlet-sandbox: \(built.code) \(built.output)") }
        // As udev leaves it on every Debian; it must be open to the stacks of networks that jobs have.
        if access("/dev/net/tun", F_OK) == 0 { chmod("/dev/net/tun", 0o666) }
        // Other test programs run at the same time, and other launchers in this one; each ends whatever runs as a user of its own.
        let place = Self.places.withLock { next in
            defer { next += 1 }
            return next
        }
        guard jobs <= Self.mostJobs, place < Self.mostPlaces else {
            throw Command.Failure(description: "no users for launcher \(place) with \(jobs) jobs; see SandboxLauncher.mostPlaces")
        }
        firstUser = 1_900_100_000 + ((Int(getpid()) % 10_000) * Self.mostPlaces + place) * Self.mostJobs
        shells = Mutex([])
        try await startAgain()
    }

    /// Kills the process that listens, which is the parent of all jobs.
    package func kill() throws {
        let own = try Command.output("/usr/bin/pgrep", ["-f", "listen \(socket)"]).split(separator: "\n")
        let killed = try Command.run("/bin/kill", ["-KILL", String(own.first ?? "")])
        guard killed.code == 0 else { throw Command.Failure(description: "no launcher to kill: \(killed.output)") }
    }

    /// As a supervisor does it: with the same words, at the same place.
    package func startAgain() async throws {
        unlink(folder.file("started"))
        let shell = try WatchedShell(
            """
            "$1" listen "$2" --group "$6" --allow "$6" --jobs "$3" --first-user "$4" </dev/null &
            until grep -q " 00010000 .*$2" /proc/net/unix; do sleep 0.05; done
            : > "$7"
            while read -r _; do :; done
            rm -rf "$5"
            kill -KILL 0
            """,
            arguments: [
                folder.file("martlet-sandbox"), socket, "\(jobs)", "\(firstUser)", folder.path, "\(user)", folder.file("started"),
            ], log: folder.file("log"))
        shells.withLock { $0.append(shell) }
        do { try await eventually("the launcher") { access(folder.file("started"), F_OK) == 0 } } catch {
            throw Command.Failure(description: "the launcher does not start: \(folder.read("log") ?? "")")
        }
    }

    /// A folder that jobs can be shown.
    package func makeFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder("shown")
        chmod(folder.path, 0o755)
        return folder
    }
}
