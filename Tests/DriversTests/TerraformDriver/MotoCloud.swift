import Glibc
import TestSupport

/// moto's mock of AWS, in a network namespace of its own: a sandbox with the network outside reaches it as it would reach a cloud, and
/// nothing leaves this machine.
final class MotoCloud: Sendable {
    let endpoint: String
    private let shell: WatchedShell
    private let folder: TemporaryFolder

    /// Where this machine keeps the provider: a folder that `terraform providers mirror` made.
    static let mirror = getenv("MARTLET_TEST_PROVIDERS").map { String(cString: $0) } ?? "/opt/tf-plugins"
    static let provider = "registry.terraform.io/hashicorp/aws"

    /// What is missing of all that this needs; empty where it can run.
    static var missing: [String] {
        var missing: [String] = []
        if !TerraformResource.isAvailable { missing.append("terraform on PATH, root and bubblewrap") }
        if access("\(mirror)/\(provider)", F_OK) != 0 {
            missing.append("the provider hashicorp/aws in \(mirror) (`terraform providers mirror`; MARTLET_TEST_PROVIDERS)")
        }
        if (try? Command.run("/bin/sh", ["-c", "command -v moto_server"]).code) != 0 {
            missing.append("moto_server on PATH (`pip install 'moto[server]'`)")
        }
        if access("/usr/bin/slirp4netns", X_OK) != 0 || access("/dev/net/tun", F_OK) != 0 {
            missing.append("slirp4netns and /dev/net/tun")
        }
        return missing
    }

    private struct NotThere: Error, CustomStringConvertible { var description: String }

    private static let script = """
        PATH=$PATH:/usr/sbin:/sbin
        ip netns add "$1" && ip link add "$1" type veth peer name in netns "$1" || exit 1
        ip address add "$2.1/30" dev "$1"; ip link set "$1" up
        ip -n "$1" address add "$2.2/30" dev in; ip -n "$1" link set in up; ip -n "$1" link set lo up
        ip netns exec "$1" moto_server -H "$2.2" -p 5000 </dev/null &
        while read -r _; do :; done
        ip link delete "$1"; ip netns delete "$1"
        kill -KILL 0
        """

    init() async throws {
        folder = try TemporaryFolder("moto")
        let subnet = "10.232.\(Int(getpid()) % 200)"
        endpoint = "http://\(subnet).2:5000"
        shell = try WatchedShell(Self.script, arguments: ["mc\(getpid() % 100_000)", subnet], log: folder.file("log"))
        do {
            try await eventually(within: .seconds(60), "moto") { try await self.status("GET", "/") == 200 }
        } catch {
            throw NotThere(description: "moto does not start: \(folder.read("log") ?? "")")
        }
    }

    /// The status of an answer; 0 where there is none.
    func status(_ method: String, _ path: String) async throws -> Int {
        Int(try await curl(["-o", "/dev/null", "-w", "%{http_code}", "-X", method, endpoint + path])) ?? 0
    }

    func body(_ path: String) async throws -> String { try await curl([endpoint + path]) }

    private func curl(_ arguments: [String]) async throws -> String {
        try await CommandRun(["curl", "-s", "--max-time", "10"] + arguments).output
    }
}
