import PlatformModel
import TestSupport
import Testing

/// Score files of the tests: their image is a busybox, so that nothing has to be built.
enum Scores {
    /// Writes `tick 0`, `tick 1`, ... and ends when it is asked to.
    static let ticker = """
        apiVersion: score.dev/v1b1
        metadata: {name: ticker}
        containers:
          main:
            image: \(PrivatePodman.busyboxImage)
            command: [/bin/sh, -c]
            args: ["trap 'exit 0' TERM; i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.5; done"]
        """

    /// With a database of its own; says hello once.
    static func shop(greeting: String) -> String {
        """
        apiVersion: score.dev/v1b1
        metadata: {name: web}
        containers:
          main:
            image: \(PrivatePodman.busyboxImage)
            command: [/bin/sh, -c]
            args: ["trap 'exit 0' TERM; echo $GREETING; while :; do sleep 0.1; done"]
            variables:
              GREETING: \(greeting)
              DB: ${resources.db.name}
              PASSWORD: ${resources.db.password}
        resources:
          db: {type: postgres}
        """
    }

    /// Prints how long the secret of each definition is: `length of s-1: 21`.
    static func reader(of definitions: [String]) -> String {
        let variables = definitions.indices.map { "      S\($0): ${resources.r\($0).secret}" }.joined(separator: "\n")
        let says = definitions.indices.map { "echo \"length of \(definitions[$0]): ${#S\($0)}\";" }.joined(separator: " ")
        let resources = definitions.indices.map { "  r\($0): {type: config, class: \(definitions[$0])}" }.joined(separator: "\n")
        return """
            apiVersion: score.dev/v1b1
            metadata: {name: reader}
            containers:
              main:
                image: \(PrivatePodman.busyboxImage)
                command: [/bin/sh, -c]
                args: ['trap "exit 0" TERM; \(says) while :; do sleep 0.1; done']
                variables:
            \(variables)
            resources:
            \(resources)
            """
    }
}

extension Appliance {
    /// A definition of `postgres` on the tenant's server, for one application.
    func definePostgres(for app: String) async throws {
        let inputs: JSON = [
            "values": ["host": .string(tenant.host), "port": .int(Int64(tenant.port)), "user": .string(tenant.administrator)],
            "secrets": ["password": .string(tenant.password)],
        ]
        try await must(
            200, "POST", "/orgs/acme/resources/defs",
            [
                "id": .string("postgres-\(app)"), "name": "PostgreSQL", "type": "postgres", "driver_type": "martlet/postgres",
                "driver_inputs": inputs, "criteria": [["app_id": .string(app)]],
            ])
    }

    func createApplication(_ id: String, org: String = "acme") async throws {
        try await must(201, "POST", "/orgs/\(org)/apps", ["id": .string(id), "name": .string(id)], token: token(of: org))
    }

    /// The lines of an environment's containers, oldest first.
    func lines(_ environment: String) async throws -> [String] {
        let entries = try await call("GET", "\(environment)/logs?asc=true&limit=1000").body.array ?? []
        return entries.compactMap { $0["workload_id"]?.string == nil ? nil : $0["payload"]?.string }
    }
}
