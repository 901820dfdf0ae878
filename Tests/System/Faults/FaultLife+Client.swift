import PlatformModel
import TestSupport

/// What a client does who never gives up.
extension FaultLife {
    /// Between two looks at something that takes its time.
    static let pause = Duration.milliseconds(50)

    func create() async throws {
        let body: JSON = ["id": .string(env), "name": "x", "type": "development"]
        try await untilDone("the environment", "POST", "\(Self.app)/envs", body)
    }

    /// An answer; nil when there was none, or the appliance could not say.
    func ask(_ method: String, _ path: String, _ body: JSON? = nil, mayBeInvalid: Bool = false) async throws
        -> Appliance.Answer?
    {
        guard let answer = try? await appliance.call(method, path, body) else { return nil }
        if !mayBeInvalid, answer.status == 400 || answer.status == 422 {
            problem("\(method) \(path): \(answer.status) \(answer.body.canonical)")
        }
        return answer.status < 500 ? answer : nil
    }

    /// Asks until it is done, whatever answers get lost: what is there already is a conflict.
    func untilDone(_ what: String, _ method: String, _ path: String, _ body: JSON?) async throws {
        try await eventually(within: .seconds(90), every: Self.pause, what) {
            guard let answer = try await ask(method, path, body) else { return false }
            return answer.status < 300 || answer.status == 409
        }
    }

    func signIn() async throws {
        let body: JSON = ["username": "alice", "password": "alice-demo"]
        let token: String = try await eventually(every: Self.pause, "the sign-in") {
            try await ask("POST", "/auth/login", body)?.body["token"]?.string
        }
        let status = try await eventually(every: Self.pause, "the token's use") {
            (try? await appliance.call("GET", "/orgs/acme/apps", token: token).status).flatMap { $0 < 500 ? $0 : nil }
        }
        expect("the token's use", 200, status)
    }

    func list(_ what: String) async throws -> [JSON] {
        try await eventually(every: Self.pause, "the \(what) of \(env)") {
            let answer = try await ask("GET", "\(path)/\(what)")
            return answer?.status == 200 ? answer?.body.array : nil
        }
    }

    /// Starts a deployment, once, whatever answers get lost. Its id.
    func start(_ route: String, _ body: JSON) async throws -> String {
        let before = try await list("deploys").count
        let id: String = try await eventually(within: .seconds(90), every: Self.pause, "the start of a deployment") {
            if let answer = try await ask("POST", "\(path)/\(route)", body), answer.status < 300 {
                return answer.body["id"]?.string
            }
            // No answer: was it taken?
            let now = try await list("deploys")
            return now.count > before ? now.first?["id"]?.string : nil
        }
        expect("deployments", before + 1, try await list("deploys").count)
        return id
    }

    /// The status with which a deployment ends.
    func end(of id: String) async throws -> String {
        try await eventually(within: .seconds(180), every: Self.pause, "the end of deployment \(id)") {
            let status = try await ask("GET", "\(path)/deploys/\(id)")?.body["status"]?.string
            return ["succeeded", "failed"].contains(status) ? status : nil
        }
    }

    func errors(of id: String) async throws -> [JSON] {
        let errors = try await list("deploys/\(id)/errors")
        if errors.isEmpty { problem("deployment \(id) failed and does not say why") }
        let named = Set(errors.compactMap { $0["object_id"]?.string })
        for step in try await list("deploys/\(id)/steps") where step["state"] == "failed" || step["state"] == "unknown" {
            let object = step["object"]?.string ?? "?"
            // Problems of a plan are named by what they are about.
            if object != "plan", !named.contains(object) { problem("\(object) failed in \(id) and is not named") }
        }
        return errors
    }

    /// Until one succeeds; false when none does. Each of them ends.
    func deploy(_ route: String, _ body: JSON) async throws -> Bool {
        for _ in 1...Self.tries {
            let id = try await start(route, body)
            if try await end(of: id) == "succeeded" { return true }
            let errors = try await errors(of: id)
            if mustNotFail { problem("deployment \(id) failed: \(JSON.array(errors).canonical)") }
        }
        problem("no deployment succeeds")
        return false
    }

    /// Asks for a look for drift, and waits for its report.
    func report(repairing: Bool) async throws -> JSON {
        let id: String = try await eventually(within: .seconds(120), every: Self.pause, "the start of a look") {
            guard let answer = try await ask("POST", path + "/drift-reports", repairing ? ["repair": true] : [:]),
                answer.status == 202
            else { return nil }
            return answer.body["id"]?.string
        }
        // A look that a room was away for is put off by a minute.
        return try await eventually(within: .seconds(180), every: Self.pause, "the end of the look \(id)") {
            let report = try await ask("GET", "\(path)/drift-reports/\(id)")?.body
            return ["succeeded", "failed"].contains(report?["status"]) ? report : JSON?.none
        }
    }

    /// Looks for drift until there is a report: nothing has drifted.
    func look() async throws {
        for _ in 1...Self.tries {
            let report = try await report(repairing: false), totals = report["totals"]
            guard report["status"] == "succeeded" else { continue }
            for bad in ["drifted", "missing"] where (totals?[bad]?.int ?? 0) != 0 { problem("\(bad): \(report.canonical)") }
            if totals?["failed"]?.int ?? 0 == 0 { return }
        }
        problem("no look succeeds")
    }

    /// A set in which `web` says something else, and workloads are gone.
    func delta(greeting: String, removing: [JSON] = []) async throws -> String {
        let change: JSON = [
            ["op": "replace", "path": "/spec/containers/main/variables/GREETING", "value": .string(greeting)]
        ]
        return try await delta(
            [
                "metadata": ["env_id": .string(env), "name": .string(greeting)],
                "modules": ["remove": .array(removing), "update": ["web": change]],
            ])
    }

    func delta(_ body: JSON) async throws -> String {
        try await eventually(within: .seconds(90), every: Self.pause, "the delta") {
            guard let answer = try await ask("POST", Self.app + "/deltas", body), answer.status == 200 else { return nil }
            return answer.body["id"]?.string
        }
    }

    func delete() async throws {
        var asked = 0
        do {
            try await eventually(within: .seconds(180), every: Self.pause, "the end of the environment") {
                guard let standing = try await ask("GET", path) else { return false }
                if standing.status == 404 { return true }
                // A deletion that failed says so, and is asked for again.
                let hasFailed = standing.body.canonical.contains("Delete it again")
                guard asked == 0 || hasFailed else { return false }
                let cause = standing.body["status_message"]?.string ?? ""
                if hasFailed, mustNotFail || cause.contains("removed: .") { problem("the deletion failed: \(cause)") }
                if let answer = try await ask("DELETE", path), answer.status < 300 { asked += 1 }
                return false
            }
        } catch {
            problem("the environment is not gone: \((try? await appliance.call("GET", path).body.canonical) ?? "no answer")")
        }
    }
}
