import PlatformModel
import Postgres
import TestSupport

/// What people do beside deploying: stop and go on, repair, collect.
extension FaultLife {
    /// A deployment is stopped as soon as it has begun, and goes on when it is retried.
    func cancelAndRetry() async throws {
        let body: JSON = ["delta_id": .string(try await delta(greeting: "again")), "comment": "cancelled"]
        let id = try await start("deploys", body)
        // The runner is at it, so that it is told, too.
        try await eventually(within: .seconds(60), every: .milliseconds(10), "something to be stopped") {
            let steps = try await list("deploys/\(id)/steps")
            if steps.contains(where: { $0["state"] == "running" && $0["verb"] == "deploy" }) { return true }
            let status = try await ask("GET", "\(path)/deploys/\(id)")?.body["status"]?.string
            return ["succeeded", "failed"].contains(status)
        }
        // One that has ended in the meantime is a conflict, and so is one that was cancelled and whose answer was lost.
        try await untilDone("the cancellation", "POST", "\(path)/deploys/\(id)/cancel", nil)
        for _ in 1...Self.tries {
            if try await end(of: id) == "succeeded" { return }
            let errors = try await errors(of: id)
            if mustNotFail, errors.contains(where: { !["DEP-201", "RUN-011", "RUN-012"].contains($0["code"]?.string) }) {
                problem("deployment \(id) failed: \(JSON.array(errors).canonical)")
            }
            if try await !retried(id) {
                // It was stopped before it had its turn: there is nothing to go on with.
                if try await !deploy("deploys", body) { problem("\(env) is not deployed after \(id)") }
                return
            }
        }
        problem("the cancelled deployment \(id) does not succeed, however often it is retried")
    }

    /// Tries what failed once more. False when nothing of it ever began.
    func retried(_ id: String) async throws -> Bool {
        let before = try await list("deploys/\(id)/steps")
        if before.isEmpty { return false }
        // Nobody knows how a step ended whose driver did not stop in time: it copes with whatever stands.
        let unknown = before.filter { $0["state"] == "unknown" }.compactMap { $0["object"] }
        try await untilDone(
            "the retry", "POST", "\(path)/deploys/\(id)/retry",
            unknown.isEmpty ? [:] : ["nodes": .array(unknown), "unknown": "retry"])
        return true
    }

    /// A role is locked behind our back; a repair opens it again.
    func repair() async throws {
        // Of what nobody uses any more nothing is deployed, and so nothing is repaired.
        let used = try await standing("postgres").first { $0["res_id"] == "modules.web.externals.db" }?["gu_res_id"]?.string
        let role = try await tenant.query(
            """
            SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE \("martlet:\(used ?? "none"):%")
            """
        ).first?.string("rolname")
        guard let role else { return problem("there is no role to be locked") }
        try await tenant.execute("ALTER ROLE \(identifier: role) NOLOGIN")
        for _ in 1...Self.tries {
            let report = try await report(repairing: true)
            if let id = report["deployment_id"]?.string, try await end(of: id) == "failed" {
                let errors = try await errors(of: id)
                if mustNotFail { problem("the repair \(id) failed: \(JSON.array(errors).canonical)") }
            }
            let isOpen = try await tenant.query("SELECT rolcanlogin AS open FROM pg_roles WHERE rolname = \(role)")
            if try isOpen.first?.bool("open") == true { return try await idle() }
        }
        problem("the role \(role) stays locked")
    }

    /// Until no run changes the environment: a repair that was asked for twice is done twice.
    private func idle() async throws {
        try await eventually(within: .seconds(120), every: Self.pause, "the end of all repairs") {
            try await list("deploys").allSatisfy { ["succeeded", "failed"].contains($0["status"]?.string) }
        }
    }

    /// Destroys a resource that nobody uses, data and all. False when it stays.
    func collect(_ name: String) async throws -> Bool {
        for _ in 1...Self.tries {
            let before = try await list("collections").count
            let body: JSON = [
                "resources": [.string(name)], "expect": [.string(name)], "older_than_hours": 0, "force": true, "reason": "unused",
            ]
            // What was collected by a request whose answer got lost is not there any more.
            try await eventually(within: .seconds(120), every: Self.pause, "the start of a collection") {
                if try await list("collections").count > before { return true }
                let answer = try await ask("POST", path + "/collections", body, mayBeInvalid: true)
                return answer.map { $0.status < 300 } ?? false
            }
            let ended: [JSON] = try await eventually(within: .seconds(180), every: Self.pause, "the end of the collection") {
                let all = try await list("collections")
                return all.allSatisfy { ["succeeded", "failed"].contains($0["status"]?.string) } ? all : nil
            }
            if try await standing("postgres").allSatisfy({ $0["res_id"]?.string.map(name.hasSuffix) == false }) { return true }
            if mustNotFail { problem("the collection failed: \(JSON.array(ended).canonical)") }
        }
        problem("\(name) is not collected")
        return false
    }

    /// The environment's active resources of a type.
    func standing(_ type: String) async throws -> [JSON] { try await list("resources").filter { $0["type"]?.string == type } }

    /// What the comments on its databases and roles begin with, as patterns.
    func marks() async throws -> [String] {
        try await standing("postgres").map { "martlet:\($0["gu_res_id"]?.string ?? "none"):%" }
    }
}
