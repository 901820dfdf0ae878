import Glibc
import Sandbox
import TestSupport
import Testing

/// What a job reaches: two listeners of the test, one at this machine's 127.0.0.1, one in another network namespace.
@Suite(.enabled(if: SandboxLauncher.isAvailable), .serialized, .timeLimit(.minutes(5)))
struct NetworkTests {
    private func reached(_ network: SandboxNetwork, _ places: [(String, Int)]) async throws -> [String] {
        let list = places.map { "('\($0.0)', \($0.1))" }.joined(separator: ", ")
        let run = try await TestRun(
            python: """
                import socket
                for place in [\(list)]:
                    try:
                        with socket.create_connection(place, 3) as s: print(place[0], s.recv(100).decode().strip())
                    except OSError: pass
                print(sorted(name for _, name in socket.if_nameindex()))
                """
        ) { $0.network = network }
        #expect(run.result.ending == .exited(0), "\(run.all)")
        return run.standardOutput
    }

    @Test func aJobWithoutNetworkReachesNobody() async throws {
        let listeners = try await TestListeners()
        #expect(listeners.answer(listeners.here) == "here" && listeners.answer(listeners.there) == "there")
        let places = [listeners.here, listeners.there, ("::1", listeners.here.port)]
        #expect(try await reached(.none, places) == ["['lo']"])
    }

    @Test(.enabled(if: access("/dev/net/tun", F_OK) == 0 && access("/usr/bin/slirp4netns", X_OK) == 0))
    func theOutsideIsReachedAndTheMachineItselfIsNot() async throws {
        let listeners = try await TestListeners()
        #expect(listeners.answer(listeners.here) == "here")
        // 10.0.2.2 is the machine, as the job's network stack would name it.
        let places = [listeners.here, listeners.there, ("10.0.2.2", listeners.here.port)]
        #expect(try await reached(.outside, places) == ["\(listeners.there.address) there", "['lo', 'tap0']"])
        #expect(try Command.output("/usr/bin/pgrep", ["-f", "slirp4netns.*tap0"]) == "", "the network outlives its job")
    }
}

/// Answers their names, at this machine's 127.0.0.1 and in a network namespace reached over a pair of interfaces.
final class TestListeners: Sendable {
    typealias Place = (address: String, port: Int)
    let here: Place
    let there: Place
    private let shell: WatchedShell
    private let folder: TemporaryFolder
    private let reserved: ReservedPort

    private static let script = """
        ip netns add "$1" && ip link add "$1" type veth peer name in netns "$1" || exit 1
        ip address add "$2.1/30" dev "$1"; ip link set "$1" up
        ip -n "$1" address add "$2.2/30" dev in; ip -n "$1" link set in up; ip -n "$1" link set lo up
        serve='import socket, sys
        s = socket.create_server((sys.argv[1], int(sys.argv[2])))
        while True:
            c = s.accept()[0]; c.sendall(sys.argv[3].encode()); c.close()'
        python3 -c "$serve" 127.0.0.1 "$3" here </dev/null &
        ip netns exec "$1" python3 -c "$serve" "$2.2" "$3" there </dev/null &
        while read -r _; do :; done
        ip link delete "$1"; ip netns delete "$1"
        kill -KILL 0
        """

    init() async throws {
        folder = try TemporaryFolder("network")
        reserved = try ReservedPort()
        let number = Int(getpid()) % 200
        let subnet = "10.231.\(number)"
        here = ("127.0.0.1", reserved.number)
        there = ("\(subnet).2", reserved.number)
        shell = try WatchedShell(
            "PATH=$PATH:/usr/sbin:/sbin\n" + Self.script, arguments: ["mt\(getpid() % 100_000)", subnet, "\(reserved.number)"],
            log: folder.file("log"))
        try await eventually("the listeners: \(folder.read("log") ?? "")") {
            self.answer(here) == "here" && self.answer(there) == "there"
        }
    }

    func answer(_ place: Place) -> String {
        let program = """
            import socket
            try:
                with socket.create_connection(("\(place.address)", \(place.port)), 3) as s: print(s.recv(10).decode())
            except OSError: pass
            """
        let said = try? Command.output("/usr/bin/python3", ["-c", program])
        return (said ?? "").filter { $0 != "\n" }
    }
}
