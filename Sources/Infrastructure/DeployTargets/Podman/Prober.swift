import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PlatformModel

/// Asks a replica's probes. HTTP and TCP are asked by the sandbox, from inside the replica's network, over a Unix socket: the
/// runner may not be able to reach that network, and `podman exec` costs two processes each time.
struct Prober: Sendable {
    let client: PodmanClient

    struct Subject: Sendable {
        var container: String
        var address: String
        var socket: String
        var hasSecretVariables: Bool
    }

    /// Whether it passed, and what was seen.
    func ask(_ probe: ProbePlan, of subject: Subject) async -> (passed: Bool, seen: String) {
        switch probe.question {
        case .http(let port, let path, let headers):
            var fields = [("martlet-kind", "http"), ("martlet-port", String(port)), ("martlet-path", path)]
            fields += headers.map { ("martlet-header", $0) }
            return await askSandbox(fields, subject, probe.timeout)
        case .tcp(let port):
            return await askSandbox([("martlet-kind", "tcp"), ("martlet-port", String(port))], subject, probe.timeout)
        case .exec(let command):
            return await run(command, subject, probe.timeout)
        }
    }

    /// Has the sandbox, which is root, open a container's output file to the runner.
    func release(_ container: String, socket: String) async {
        let subject = Subject(container: container, address: "127.0.0.1", socket: socket, hasSecretVariables: false)
        _ = await askSandbox([("martlet-output", container)], subject, 1)
    }

    private func askSandbox(_ fields: [(String, String)], _ subject: Subject, _ timeout: Int) async -> (Bool, String) {
        var request = HTTPClientRequest(url: "http+unix://\(PercentEncoding.encode(subject.socket))/")
        request.headers.add(name: "Host", value: "sandbox")
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        request.headers.add(name: "martlet-timeout", value: String(timeout * 1000))
        request.headers.add(name: "martlet-address", value: subject.address)
        do {
            let response = try await HTTPClient.shared.execute(request, deadline: .now() + .seconds(Int64(timeout + 5)))
            let text = String(buffer: try await response.body.collect(upTo: 4096))
            return (response.status == .ok, text)
        } catch {
            return (false, "the sandbox does not answer: \(error)")
        }
    }

    /// Through martlet-env, so that the command sees the same variables as the container, and ends itself in time.
    private func run(_ command: [String], _ subject: Subject, _ timeout: Int) async -> (Bool, String) {
        var words = ["/martlet/martlet-env", "run", "--limit", String(timeout * 1000)]
        if subject.hasSecretVariables { words += ["--file", "/martlet/secrets/env"] }
        do {
            let (code, text) = try await client.exec(subject.container, words + ["--"] + command, timeout: .seconds(timeout + 10))
            if code == 0 { return (true, "exit code 0") }
            let reason = code == 142 ? "no end within \(timeout) s" : "exit code \(code)"
            return (false, text.isEmpty ? reason : "\(reason): \(text)")
        } catch {
            return (false, error.message)
        }
    }
}
