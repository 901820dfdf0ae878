import AccessControl
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PlatformModel
import TestSupport
import Testing

/// Ways in: the public API over TLS, a room's socket, the two command lines.
extension Appliance {
    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var body: JSON
        var error: String? { body["error"]?.string }
        var message: String { body["message"]?.string ?? "" }
        /// The problems of a 422.
        var problems: [JSON] { body["details"]?["problems"]?.array ?? [] }
    }

    /// A request to the public API. The published contract, where it is there, judges each answer, and each answer our own document.
    @discardableResult
    func call(
        _ method: String, _ path: String, _ body: JSON? = nil, token: String? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(token ?? self.token(of: "acme"))")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: Array(body.canonical.utf8)))
        }
        let response = try await client.execute(request, deadline: .now() + .seconds(40))
        let bytes = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)
        let json = bytes.isEmpty ? JSON?.none : try JSON.parse(bytes)
        let status = Int(response.status.code)
        let problems = Contract.published?.problems(method, path, status, json) ?? []
        #expect(problems.isEmpty, "\(method) \(path) -> \(status) \(json?.canonical ?? "")")
        let untrue = APIDocumentChecks.shared.problems(method, path, body, status, json)
        #expect(untrue.isEmpty, "\(method) \(path) -> \(status) \(json?.canonical ?? "")")
        let named = response.headers.map { ($0.name.lowercased(), $0.value) }
        let answer = Answer(
            status: status, headers: Dictionary(named, uniquingKeysWith: { first, _ in first }), body: json ?? .null)
        #expect(status < 400 || (answer.error != nil && !answer.message.isEmpty), "\(method) \(path) -> \(answer)")
        #expect(answer.headers["martlet-api-version"] != nil && answer.headers["martlet-request-id"] != nil)
        return answer
    }

    /// A request that must succeed with this status.
    @discardableResult
    func must(
        _ status: Int, _ method: String, _ path: String, _ body: JSON? = nil, token: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JSON {
        let answer = try await call(method, path, body, token: token)
        try #require(answer.status == status, "\(method) \(path) -> \(answer)", sourceLocation: sourceLocation)
        return answer.body
    }

    /// `curl --unix-socket`, as root or as a user of the rooms' group.
    func curl(_ room: RoomName, _ path: String, _ options: [String] = [], as uid: UInt32? = nil, group: UInt32 = RoomName.group)
        async throws -> CommandRun
    {
        let drop = uid.map { ["setpriv", "--reuid", "\($0)", "--regid", "\($0)", "--groups", "\(group)", "--"] } ?? []
        return try await CommandRun(
            drop + ["curl", "-sS", "-m", "30", "-w", "\\n%{http_code}", "--unix-socket", socket(room)] + options
                + ["http://room" + path])
    }

    /// `martlet-admin`, which must succeed.
    func admin(_ words: [String]) async throws -> String {
        let run = try await CommandRun([ProgramProcess.folder + "/martlet-admin"] + words + ["--config", file("admin.yaml")])
        guard run.code == 0 else { throw Missing(what: "martlet-admin \(words): \(run.output)\(run.error)") }
        return run.output
    }

    func admin(_ word: String) async throws -> String { try await admin([word]) }

    /// A session of the break-glass administrator; an earlier one ends.
    func breakGlass() async throws -> String {
        let password = try await admin(["break-glass", "create"]).split(separator: "\n").last.map(String.init) ?? ""
        let session = try await must(
            200, "POST", "/auth/login", ["username": "break-glass", "password": .string(password)])
        return try #require(session["token"]?.string)
    }

    /// A session of somebody who is in no organisation, and administers the appliance.
    func applianceAdministrator() async throws -> String {
        _ = try await admin(["role", "grant", "group:cn=auditors,ou=groups,dc=example,dc=org", "--appliance"])
        let session = try await must(200, "POST", "/auth/login", ["username": "carol", "password": "carol-demo"])
        return try #require(session["token"]?.string)
    }

    /// `martlet` with an environment of its own.
    func martlet(_ words: [String], _ settings: [String: String] = [:]) async throws -> CommandRun {
        let all = self.settings.merging(settings) { _, new in new }
        let run = try await CommandRun(
            ["env", "-i"] + all.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" }
                + [ProgramProcess.folder + "/martlet"] + words)
        #expect(!(run.output + run.error).contains(token(of: "acme")), "\(words)")
        return run
    }

    /// `martlet` for a machine: what it prints as JSON.
    func json(_ words: [String], code: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSON {
        let run = try await martlet(words + ["--output", "json"])
        #expect(run.code == code, "\(words): \(run.output)\(run.error)", sourceLocation: sourceLocation)
        return try JSON.parse(run.output)
    }

    /// Commands of a page, by a shell in a folder, with `martlet` on its path; what they print, errors with it.
    func shell(_ commands: String, in folder: String, _ further: [String: String] = [:]) async throws -> CommandRun {
        var all = settings.merging(further) { _, new in new }
        all["PATH"] = "\(ProgramProcess.folder):/usr/bin:/bin"
        let run = try await CommandRun(
            ["env", "-i", "-C", folder] + all.map { "\($0.key)=\($0.value)" } + ["sh", "-c", "exec 2>&1\n" + commands])
        #expect(!(run.output + run.error).contains(token(of: "acme")), "\(commands)")
        return run
    }

    /// `martlet logs --follow`, which goes on until it is ended.
    func follow(_ place: [String]) throws -> ProgramProcess {
        try ProgramProcess(
            "martlet", arguments: ["logs", "--follow"] + place, environment: settings, log: file("followed.log"))
    }

    private var settings: [String: String] {
        [
            "HOME": folder.path, "PATH": "/usr/bin:/bin", "MARTLET_URL": url, "MARTLET_CA": file("gateway/certificate.pem"),
            "MARTLET_ORG": "acme", "MARTLET_TOKEN": token(of: "acme"),
        ]
    }

    // MARK: Deployments

    /// Deploys a Score file and returns the deployment's id.
    func deploy(_ score: String, to environment: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String
    {
        let body: JSON = ["files": [["name": "score.yaml", "score": .string(score)]]]
        let made = try await must(202, "POST", environment + "/score-deploys", body, sourceLocation: sourceLocation)
        return try #require(made["id"]?.string)
    }

    /// Waits until a deployment has ended, and requires success; passing failures of the gateway are waited out.
    func succeeded(_ id: String, in environment: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let status: String = try await eventually(within: .seconds(90), "the end of deployment \(id)") {
            let status = try? await self.call("GET", "\(environment)/deploys/\(id)").body["status"]?.string
            return ["succeeded", "failed"].contains(status) ? status : nil
        }
        let errors = try await call("GET", "\(environment)/deploys/\(id)/errors").body
        #expect(status == "succeeded", "\(errors.canonical)", sourceLocation: sourceLocation)
    }

    /// The concrete path of a route's pattern: each parameter by its name.
    static func path(of route: PublicRoute, _ ids: [String: String]) -> String {
        route.pattern.split(separator: "/").map { part in
            part.hasPrefix("{") ? "/" + (ids[String(part.dropFirst().dropLast())] ?? "nothing") : "/" + part
        }.joined()
    }
}

extension Appliance {
    /// One Server-Sent Event; the closing `end` has no id.
    struct Event: Sendable, Hashable {
        var id: String?
        var name: String
        var data: JSON
    }

    /// A stream's events until it ends.
    func events(_ path: String, after last: String? = nil) async throws -> [Event] {
        var request = HTTPClientRequest(url: url + path)
        request.headers.add(name: "Authorization", value: "Bearer \(token(of: "acme"))")
        if let last { request.headers.add(name: "Last-Event-ID", value: last) }
        let response = try await client.execute(request, deadline: .now() + .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return try String(decoding: bytes.readableBytesView, as: UTF8.self).split(separator: "\n\n").compactMap { block in
            var event = Event(name: "", data: .null)
            for line in block.split(separator: "\n") where !line.hasPrefix(":") {
                if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                if line.hasPrefix("data: ") { event.data = try JSON.parse(String(line.dropFirst(6))) }
            }
            return event.name.isEmpty ? nil : event
        }
    }
}
